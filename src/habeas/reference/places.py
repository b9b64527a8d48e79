"""Where an IP address is, by the country database that comes with `geoip2fast`.

Country only, IPv4 only, GeoLite2 data of 2024 under its owner's licence: enough to try Habeas on real addresses. In
production bring your own files.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

from geoip2fast import GeoIP2Fast

from habeas.domain.place import Place
from habeas.reference.countries import countries


class BuiltInPlaces:
    """Country look-ups in memory, about 2 us each. Safe to use from several threads."""

    def __init__(self) -> None:
        self._database = GeoIP2Fast()
        self._source = str(self._database.source_info).removeprefix("MAXMIND:")

    def place(self, ip: str) -> Place | None:
        """The country of an address, as its centre and radius; None for private and unknown addresses.

        Raises ValueError if `ip` is no IP address.
        """
        address = _unwrap(ip_address(ip))
        if address.version == 6:
            return None
        country = countries().get(self._database.lookup(str(address)).country_code)
        if country is None:
            return None
        return Place(
            area=country.code,
            latitude=country.latitude,
            longitude=country.longitude,
            radius_km=country.radius_km,
            prefix=network_prefix(address),
            sources=(self._source,),
        )


def network_prefix(address: IPv4Address | IPv6Address) -> str:
    """The /24 of an IPv4 address or the /48 of an IPv6 address, e.g. `203.0.113.0/24`."""
    if isinstance(address, IPv4Address):
        return f"{IPv4Address(int(address) & 0xFFFFFF00)}/24"
    return f"{IPv6Address(int(address) >> 80 << 80)}/48"


def _unwrap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address that came mapped into IPv6 is an IPv4 address."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
