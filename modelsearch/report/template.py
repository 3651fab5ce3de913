"""The templates of pictures and fragments: everything that a value brings is escaped, a missing value is a fault."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from modelsearch.report.plain import short


@cache
def template(name: str) -> Template:
    """The template of a file in `report/templates`."""
    environment = Environment(
        loader=PackageLoader("modelsearch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(short=short)
    return environment.get_template(name)
