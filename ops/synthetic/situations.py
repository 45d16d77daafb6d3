"""The conditions of synthetic children and parents, and the classes that follow.

What lives here: one plot for each class that a child comes into. What never does: the
rules of the classes (`registry.classification`): a life says which class its plot
intends, and a test derives it from what was recorded.
"""

from __future__ import annotations

from datetime import date, timedelta

from events.conditions import Condition
from events.duties import Department, DutyKind
from events.guardianship import Office, Way
from events.plans import Guarantee
from events.proceedings import Kin
from events.residents import IntakeGround
from events.timeline import Holder
from ops.synthetic import rates
from ops.synthetic.conditions import ends, suffers
from ops.synthetic.covers import cared_for
from ops.synthetic.duties import owed
from ops.synthetic.lives import Life, Plot, written
from ops.synthetic.plans import guaranteed
from registry.classification import FROM, Scheme
from registry.commands import EstablishGuardianship, RecordDeath

COUNTED_DAYS = 190
"""Six months and some days: an absence counts from then on."""
C = Condition
_PREVENTED = (
    (C.DISABILITY, Office.DISABLED_FEDERATION, 4),
    (C.SERIOUS_ILLNESS, Office.MEDICAL_INSTITUTION, 3),
    (C.IMPRISONED, Office.POLICE, 3),
    (C.COMPULSORY_ISOLATION, Office.POLICE, 1),
    (C.LOST_CONTACT, Office.POLICE, 3),
)
"""Why a parent cannot care, who records it, in what proportion [own assumption]."""
_OWN = (
    (C.POVERTY, Office.COMMITTEE, "poverty", 6),
    (C.OWN_DISABILITY, Office.DISABLED_FEDERATION, "own_disability", 3),
)
"""Why a child is in difficulty, who records it, its class, in what proportion."""


def left_behind(life: Life, day: date, back: date, parents: tuple[Holder, ...]) -> Plot:
    """Record that the parents work away, and that they came back."""
    recorded = [
        suffers(life, day, C.AWAY_FOR_WORK, Office.COMMITTEE, who) for who in parents
    ]
    counts = max(day, FROM[Scheme.LEFT_BEHIND_2016][0])
    young = (counts - life.born).days < rates.LEFT_BEHIND_AGE * 365
    if young and counts < back and len(parents) > 1:
        life.intend(counts, Scheme.LEFT_BEHIND_2016, "left_behind")
    if life.happens(rates.FILE_KEPT):
        life.start(
            owed(life, day, DutyKind.KEEP_FILE, Department.COMMITTEE, Office.COMMITTEE)
        )
    yield back
    for condition in recorded:
        ends(life, back, condition, Office.COMMITTEE)


def in_difficulty(life: Life, _parents: tuple[Holder, ...], day: date) -> Plot:
    """Record poverty or a disability of the child, and guarantee what it needs."""
    yield day
    shares = [share for *_, share in _OWN]
    ((what, office, name, _),) = life.chance.choices(_OWN, shares)
    suffers(life, day, what, office)
    since = max(day, FROM[Scheme.STATE_COUNCIL_2016][0])
    life.intend(since, Scheme.STATE_COUNCIL_2016, name)
    more = Guarantee.MEDICAL if what is C.POVERTY else Guarantee.DISABILITY_SERVICES
    life.start(guaranteed(life, life.later(day, 5, 40), more))


def unattended(life: Life, parents: tuple[Holder, ...], day: date) -> Plot:
    """Have one parent die or fall out, and the other fall out too."""
    yield day
    gone = len(parents) > 1 and life.happens(rates.ONE_DIES)
    for number, who in enumerate(parents):
        if gone and number == 0:
            life.tell(day, RecordDeath(person=who.id, on=written(day)), Office.POLICE)
            continue
        shares = [share for *_, share in _PREVENTED]
        ((what, office, _),) = life.chance.choices(_PREVENTED, shares)
        suffers(life, day, what, office, who)
    counts = max(day + timedelta(COUNTED_DAYS), FROM[Scheme.UNATTENDED_2019][0])
    if parents:
        life.intend(counts, Scheme.UNATTENDED_2019, "de_facto_unattended")
    life.start(guaranteed(life, counts, Guarantee.MEDICAL))


def orphaned(life: Life, parents: tuple[Holder, ...], day: date) -> Plot:
    """Have the parents die; a grandparent or, by law in force, the state follows."""
    yield day
    for who in parents:
        life.tell(day, RecordDeath(person=who.id, on=written(day)), Office.POLICE)
    if not parents:
        return
    life.intend(day, Scheme.ORPHAN_2010, "orphan")
    if day >= rates.LONG_TERM_FROM and life.happens(rates.STATE_IS_GUARDIAN):
        _of_the_state(life, day)
    else:
        follows(life, day)
    life.start(guaranteed(life, life.later(day, 10, 60), Guarantee.MEDICAL))


def follows(life: Life, day: date) -> None:
    """Have a grandparent follow as guardian by law."""
    next_ = EstablishGuardianship(
        child=life.child,
        holders=(life.person(),),
        way=Way.ORDER,
        kin=Kin.GRANDPARENT,
        limb=None,
        testator=None,
        on=written(day),
        order=1,
    )
    life.tell(day, next_, Office.COMMITTEE)


def _of_the_state(life: Life, day: date) -> None:
    """Have civil affairs be the guardian, and the county's home the child's."""
    state = EstablishGuardianship(
        child=life.child,
        holders=(life.body(Office.CIVIL_AFFAIRS),),
        way=Way.LONG_TERM,
        kin=None,
        limb=2,
        testator=None,
        on=written(day),
        order=1,
    )
    life.tell(day, state, Office.CIVIL_AFFAIRS)
    cared_for(life, day, IntakeGround.LONG_TERM_GUARDIANSHIP)
