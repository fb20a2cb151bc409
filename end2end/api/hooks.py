"""Each call comes from an address of its own, as the calls of many programs do: limits by address are then on, and in
nobody's way. For the server, TRUSTED_PROXIES is 1."""

import ipaddress
import itertools

import schemathesis

ADDRESSES = (str(ipaddress.IPv4Address("10.0.0.0") + number) for number in itertools.count(1))


@schemathesis.hook
def before_call(context, case, **kwargs):
    case.headers["X-Forwarded-For"] = next(ADDRESSES)
