"""Asking for runs: `lr_d > 0.01 and loss = hinge and fid < 20 and tag:homework`.

    query  = all {"or" all}
    all    = not {["and"] not}
    not    = {"not"} ("(" query ")" | comparison | word)
    comparison = field ("=" | "!=" | "<" | "<=" | ">" | ">=" | ":") value
               | field "in" value {"," value}

A word finds runs that have it in their name, id, experiment, state, data, tags, notes or problems; a number also those
with a setting of that value. Capitals make no difference; quotation marks hold together what has spaces.
"""

from gancore.query.fields import FIELDS as FIELDS
from gancore.query.fields import Facts as Facts
from gancore.query.grammar import QueryError as QueryError
from gancore.query.grammar import asked as asked
from gancore.query.grammar import parse as parse
