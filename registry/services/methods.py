"""The methods that a server has, in one table, each made ready once.

What lives here: finding a method by its name, with what every method of ours is
wrapped in. What never does: a method of the contract.

An interceptor wraps a method anew at each call, which takes as long as reading a
child's rows; here that is done when the method is added.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import grpc

from registry.services.call import PACKAGE

Wrap = Callable[[str, Any], Any]
"""Takes a method's full name and handler; gives the handler to use."""


class Methods(grpc.GenericRpcHandler):
    """All methods of a server; generated code adds to it as to a server.

    `wraps` are applied to each method of ours, the first the innermost.
    """

    def __init__(self, wraps: Sequence[Wrap]) -> None:
        self._wraps: Final = tuple(wraps)
        self._table: dict[str, Any] = {}
        self._others: list[Any] = []

    def add_registered_method_handlers(
        self, service: str, handlers: Mapping[str, Any]
    ) -> None:
        """Add a service's methods, by their names in it."""
        for name, handler in handlers.items():
            method = f"/{service}/{name}"
            self._table[method] = self._wrapped(method, handler)

    def add_generic_rpc_handlers(self, handlers: Sequence[Any]) -> None:
        """Add what knows methods by itself; generated code's is in the table."""
        self._others += [one for one in handlers if not _is_generated(one)]

    def service(self, handler_call_details: Any) -> Any:  # noqa: ANN401  the transport's own
        """Return a method, or None where no one has it."""
        method = handler_call_details.method
        found = self._table.get(method)
        if found is not None:
            return found
        for other in self._others:
            found = other.service(handler_call_details)
            if found is not None:
                return self._wrapped(method, found)
        return None

    def _wrapped(self, method: str, handler: Any) -> Any:  # noqa: ANN401  the transport's own
        if method.startswith(PACKAGE):
            for wrap in self._wraps:
                handler = wrap(method, handler)
        return handler


def _is_generated(handler: Any) -> bool:  # noqa: ANN401  the transport's own
    return isinstance(handler, grpc.ServiceRpcHandler)
