"""Makes leads with the columns, the size and the difficulty of the real file, from a seed.

The shares of values and how often they convert follow what can be counted in the real file; no row
is copied. Columns that are written after the outcome know it here as they do there.
"""

import math
from collections.abc import Iterator
from random import Random

COUNT = 7_396
SEED = 37
STEEPNESS, SHIFT = 1.75, -0.85  # so that as many convert, and are as hard to tell, as in the file
# Each value with its share in percent and what it adds to the log-odds of a conversion.
Choices = dict[str, tuple[float, float]]
ORIGINS: Choices = {
    "Landing Page Submission": (53, -0.5),
    "API": (38, -0.2),
    "Lead Add Form": (8, 3.2),
    "Lead Import": (1, -0.5),
}
SOURCES: Choices = {
    "Google": (31, 0.1),
    "Direct Traffic": (27, -0.2),
    "Olark Chat": (19, 0.5),
    "Organic Search": (13, 0.0),
    "Reference": (6, 1.5),
    "Welingak Website": (2, 2.5),
    "Referral Sites": (1.4, -0.3),
    "Pay per Click Ads": (0.1, 0.0),
    "": (0.5, 0.5),
}
OCCUPATIONS: Choices = {
    "Unemployed": (60, 0.0),
    "": (29, -1.2),
    "Working Professional": (8, 1.6),
    "Student": (2.5, -0.2),
    "Other": (0.5, 0.3),
}
CITIES: Choices = {
    "Mumbai": (34, 0.0),
    "Select": (25, 0.3),
    "": (16, -0.4),
    "Thane & Outskirts": (9, 0.1),
    "Other Cities": (8, 0.0),
    "Other Cities of Maharashtra": (5, 0.0),
    "Tier II Cities": (3, -0.2),
}
SPECIALIZATIONS: Choices = {
    "Select": (21, 0.0),
    "": (16, -0.5),
    "Finance Management": (22, 0.2),
    "Marketing Management": (20, 0.2),
    "IT Projects Management": (21, 0.0),
}
TAGS = {True: "Will revert after reading the email", False: "Ringing"}
QUALITIES = {True: "High in Relevance", False: "Worst"}
ACTIVITIES = {True: "SMS Sent", False: "Olark Chat Conversation"}


def made_leads(seed: int = SEED, count: int = COUNT) -> Iterator[dict[str, str]]:
    """Return the rows, newest first as in the real file."""
    random = Random(seed)
    for number in range(count):
        yield _lead(random, 660_737 - 11 * number)


def _lead(random: Random, number: int) -> dict[str, str]:
    row: dict[str, str] = {"Prospect ID": f"{random.getrandbits(64):x}", "Lead Number": str(number)}
    log_odds = -1.0
    for name, choices in (
        ("Lead Origin", ORIGINS),
        ("Lead Source", SOURCES),
        ("What is your current occupation", OCCUPATIONS),
        ("City", CITIES),
        ("Specialization", SPECIALIZATIONS),
    ):
        row[name], effect = _choose(random, choices)
        log_odds += effect
    visits = 0 if random.random() < 0.24 else 1 + int(random.expovariate(0.3))
    time = round(random.expovariate(1 / 650)) if visits else 0
    log_odds += 1.3 * math.log1p(time) - 7.6 if visits else 0.2
    unwanted = random.random() < 0.08
    log_odds -= 1.6 * unwanted
    row |= {
        "TotalVisits": str(visits),
        "Total Time Spent on Website": str(time),
        "Page Views Per Visit": str(round(random.uniform(1, max(visits, 1)), 2)),
        "Do Not Email": "Yes" if unwanted else "No",
        "Do Not Call": "No",
        "A free copy of Mastering The Interview": random.choice(["Yes", "No", "No"]),
        "Magazine": "No",
    }
    is_won = random.random() < 1 / (1 + math.exp(SHIFT - STEEPNESS * log_odds))
    return {**row, **_written_later(random, row, is_won=is_won), "Converted": str(int(is_won))}


def _written_later(random: Random, row: dict[str, str], *, is_won: bool) -> dict[str, str]:
    """Return what sellers and trackers write: nearly always the outcome, where it is filled."""
    known = {
        name: is_won is (random.random() < share)
        for name, share in {"tag": 0.95, "quality": 0.93, "activity": 0.76, "profile": 0.7}.items()
    }
    profile = "Potential Lead" if known["profile"] else "Other Leads"
    profile = profile if random.random() < 0.4 else "Select"
    is_open = bool(row["What is your current occupation"])
    return {
        "Tags": TAGS[known["tag"]] if random.random() < 0.68 else "",
        "Lead Quality": QUALITIES[known["quality"]] if random.random() < 0.48 else "",
        "Lead Profile": profile if is_open else "",
        "Last Activity": ACTIVITIES[known["activity"]],
        "Last Notable Activity": ACTIVITIES[known["activity"]],
        "Asymmetrique Activity Index": "",
        "Asymmetrique Activity Score": str(random.randint(12, 17) + is_won),
        "Asymmetrique Profile Index": "",
        "Asymmetrique Profile Score": str(random.randint(13, 19) + is_won),
        "What matters most to you in choosing a course": "Better Career Prospects" * is_open,
    }


def _choose(random: Random, choices: Choices) -> tuple[str, float]:
    names = list(choices)
    [name] = random.choices(names, [choices[one][0] for one in names])
    return name, choices[name][1]
