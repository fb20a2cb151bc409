"""Gives each call its own client address, as if many clients called. Rate limits per address stay enabled without
affecting the test. The server must run with TRUSTED_PROXIES=1."""

import ipaddress
import itertools

import schemathesis

ADDRESSES = (str(ipaddress.IPv4Address("10.0.0.0") + number) for number in itertools.count(1))


@schemathesis.hook
def before_call(context, case, **kwargs):
    case.headers["X-Forwarded-For"] = next(ADDRESSES)
