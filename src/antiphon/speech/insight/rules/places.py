"""Places a speaker may name, as cues for the country of a phone number."""

from __future__ import annotations

import re
from functools import cache, lru_cache

_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
# Country (ISO 3166 alpha-2): names, demonyms and cities, lower case.
_PLACES: dict[str, str] = {
    "US": "united states|america|american|usa|new york|los angeles|san francisco|chicago|houston|boston"
    "|seattle|denver"
    "|austin|dallas|miami|atlanta|philadelphia|phoenix|san diego|portland|las vegas|detroit|texas"
    "|california|florida"
    "|washington|ohio|brooklyn|oakland|nashville|minneapolis|new jersey|oregon|colorado",
    "CA": "canada|canadian|toronto|montreal|vancouver|ottawa|calgary|edmonton|quebec|winnipeg|halifax",
    "GB": "united kingdom|u k|uk|britain|british|england|english|scotland|scottish|wales|welsh"
    "|northern ireland|london"
    "|manchester|birmingham|leeds|liverpool|bristol|glasgow|edinburgh|cardiff|belfast|sheffield"
    "|newcastle|nottingham"
    "|brighton|aberdeen|dundee|inverness|oxford|cambridge|yorkshire|leicester|southampton",
    "IE": "ireland|irish|dublin|cork|galway|limerick",
    "IN": "india|indian|mumbai|bombay|delhi|new delhi|bangalore|bengaluru|hyderabad|chennai|madras"
    "|kolkata|pune"
    "|ahmedabad|jaipur|gurgaon|noida|kochi|kerala",
    "AU": "australia|australian|sydney|melbourne|brisbane|perth|adelaide|canberra|hobart|darwin|queensland",
    "NZ": "new zealand|auckland|wellington|christchurch|dunedin|kiwi",
    "ZA": "south africa|south african|johannesburg|cape town|durban|pretoria",
    "SG": "singapore|singaporean",
    "HK": "hong kong",
    "MY": "malaysia|malaysian|kuala lumpur",
    "PH": "philippines|filipino|manila",
    "PK": "pakistan|pakistani|karachi|lahore|islamabad",
    "BD": "bangladesh|dhaka",
    "LK": "sri lanka|colombo",
    "AE": "emirates|dubai|abu dhabi|u a e|uae",
    "SA": "saudi arabia|riyadh|jeddah",
    "IL": "israel|israeli|tel aviv|jerusalem",
    "NG": "nigeria|nigerian|lagos|abuja",
    "KE": "kenya|kenyan|nairobi",
    "GH": "ghana|accra",
    "EG": "egypt|cairo",
    "DE": "germany|german|berlin|munich|hamburg|frankfurt|cologne|stuttgart|dusseldorf",
    "AT": "austria|austrian|vienna|salzburg",
    "CH": "switzerland|swiss|zurich|geneva|basel",
    "FR": "france|french|paris|lyon|marseille|toulouse|bordeaux",
    "ES": "spain|spanish|madrid|barcelona|valencia|seville|malaga",
    "PT": "portugal|portuguese|lisbon|porto",
    "IT": "italy|italian|rome|milan|naples|turin|florence",
    "NL": "netherlands|dutch|holland|amsterdam|rotterdam|the hague|utrecht",
    "BE": "belgium|belgian|brussels|antwerp",
    "LU": "luxembourg",
    "DK": "denmark|danish|copenhagen",
    "SE": "sweden|swedish|stockholm|gothenburg",
    "NO": "norway|norwegian|oslo|bergen",
    "FI": "finland|finnish|helsinki",
    "IS": "iceland|reykjavik",
    "PL": "poland|polish|warsaw|krakow",
    "CZ": "czech republic|prague",
    "HU": "hungary|budapest",
    "RO": "romania|bucharest",
    "GR": "greece|greek|athens",
    "TR": "turkey|turkish|istanbul|ankara",
    "UA": "ukraine|kyiv",
    "JP": "japan|japanese|tokyo|osaka",
    "KR": "south korea|korean|seoul",
    "CN": "china|chinese|beijing|shanghai|shenzhen",
    "TW": "taiwan|taipei",
    "TH": "thailand|bangkok",
    "VN": "vietnam|hanoi",
    "ID": "indonesia|jakarta",
    "BR": "brazil|brazilian|sao paulo|rio de janeiro",
    "MX": "mexico|mexican|mexico city|guadalajara",
    "AR": "argentina|buenos aires",
    "CL": "chile|santiago",
    "CO": "bogota|medellin",
}
# Cities whose fixed lines share one area code (national significant digits).
_AREA_CODES = {
    "london": "20",
    "manchester": "161",
    "birmingham": "121",
    "leeds": "113",
    "liverpool": "151",
    "glasgow": "141",
    "edinburgh": "131",
    "bristol": "117",
    "sheffield": "114",
    "sydney": "2",
    "melbourne": "3",
    "brisbane": "7",
    "perth": "8",
    "adelaide": "8",
    "dublin": "1",
    "auckland": "9",
    "wellington": "4",
    "mumbai": "22",
    "delhi": "11",
    "chennai": "44",
    "berlin": "30",
    "munich": "89",
    "hamburg": "40",
    "vienna": "1",
    "cape town": "21",
}


@cache
def _countries() -> dict[str, str]:
    return {name: code for code, names in _PLACES.items() for name in names.split("|")}


@lru_cache(maxsize=8)
def _hits(text: str) -> tuple[tuple[int, str], ...]:
    """Places with their position; the longest name at each word."""
    countries = _countries()
    words = [(m.group().lower(), m.start()) for m in _WORD.finditer(text)]
    hits: list[tuple[int, str]] = []
    index = 0
    while index < len(words):
        for length in (3, 2, 1):
            name = " ".join(word for word, _ in words[index : index + length])
            if name in countries:
                hits.append((words[index][1], name))
                index += length
                break
        else:
            index += 1
    return tuple(hits)


def countries_near(text: str, position: int) -> list[str]:
    """ISO codes of the countries cued anywhere in `text`, the cue closest to `position` first."""
    hits = sorted(_hits(text), key=lambda hit: abs(hit[0] - position))
    return list(dict.fromkeys(_countries()[name] for _, name in hits))


def area_code_cues(text: str) -> list[tuple[str, str]]:
    """(country, area code) of the cities named in `text` that have exactly one."""
    found = ((_countries()[name], _AREA_CODES[name]) for _, name in _hits(text) if name in _AREA_CODES)
    return list(dict.fromkeys(found))


def is_place(name: str) -> bool:
    return name.lower() in _countries()
