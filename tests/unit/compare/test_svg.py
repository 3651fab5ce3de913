import math
import xml.etree.ElementTree as ET

from modelsearch.compare.svg import Chart, Line, Point, chart_svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def make_chart(*lines: Line, **changes: bool) -> Chart:
    return Chart(title="t", x_label="x", y_label="y", lines=lines, y_low=0.0, y_high=1.0, **changes)


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(chart_svg(chart))  # noqa: S314 - our own text


def test_a_higher_value_is_drawn_higher_and_more_money_further_right() -> None:
    line = Line(name="a", points=(Point(x=0.01, y=0.2), Point(x=0.1, y=0.8)))
    first, second = drawn(make_chart(line)).iter(f"{NAMESPACE}circle")
    assert float(first.attrib["cx"]) < float(second.attrib["cx"])
    assert float(first.attrib["cy"]) > float(second.attrib["cy"])


def test_a_band_needs_two_bounds_and_unknown_places_are_left_out() -> None:
    points = (Point(x=0.01, y=0.2, low=0.1, high=0.3), Point(x=0.1, y=0.8, low=0.7, high=0.9), Point(x=1, y=math.nan))
    svg = drawn(make_chart(Line(name="a", points=points), Line(name="b", points=points[:1])))
    assert len(list(svg.iter(f"{NAMESPACE}polygon"))) == 1
    assert len(list(svg.iter(f"{NAMESPACE}circle"))) == 3


def test_names_of_strangers_are_escaped() -> None:
    svg = chart_svg(make_chart(Line(name="<script>&", points=(Point(x=0.1, y=0.5),))))
    assert "<script>" not in svg
    assert "&lt;script&gt;&amp;" in svg


def test_nothing_to_draw_is_an_empty_frame() -> None:
    assert list(drawn(make_chart()).iter(f"{NAMESPACE}polyline")) == []


def test_a_diagonal_where_asked() -> None:
    line = Line(name="a", points=(Point(x=0.5, y=0.5), Point(x=0.9, y=0.9)))
    assert 'class="right"' in chart_svg(make_chart(line, is_diagonal=True, is_log_x=False))
    assert 'class="right"' not in chart_svg(make_chart(line))
