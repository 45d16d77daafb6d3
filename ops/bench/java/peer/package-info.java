/**
 * What a custody projection costs on the JVM, for comparison: the same topic, the same periods.
 *
 * <p>Of the fold in projections/custody_fold.py the peers do what a reader of periods needs: each
 * record, its frame and each TimelineChanged in it are decoded by Avro's generic reader; a period
 * is kept with the positions between which it was held true, so that both times can be asked. They
 * do not judge records (no chain, no digests, no canonical bytes), keep no copy of the log, keep
 * none of the other facts (explain cannot be answered), and set no entry aside: what cannot be
 * read ends them. Each of these omissions is to their advantage.
 */
package peer;
