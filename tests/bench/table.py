"""Medians over rounds, ratios round by round, and the page a person reads."""

import statistics


class Series:
    """One number per round."""

    def __init__(self, values):
        self.values = [v for v in values if v is not None]

    def text(self, form="{:.2f}"):
        if not self.values:
            return "-"
        low, mid, high = min(self.values), statistics.median(self.values), max(self.values)
        spread = "" if len(self.values) == 1 else f" ({form.format(low)}..{form.format(high)})"
        return form.format(mid) + spread

    def over(self, other):
        """Ratios of the same round: what disturbed one disturbed its neighbours too."""
        return Series([a / b for a, b in zip(self.values, other.values) if b])

    def summary(self):
        if not self.values:
            return None
        return {"median": statistics.median(self.values), "min": min(self.values), "max": max(self.values)}

    def spread(self):
        """(max - min) / median."""
        return (max(self.values) - min(self.values)) / statistics.median(self.values) if self.values else 0.0


def series(rounds, field, scale=1.0):
    return Series([r[field] * scale if field in r else None for r in rounds])


# title, field, scale, format
QUERY_COLUMNS = [
    ("CPU µs/query", "cpu_ns_per_query", 1e-3, "{:.2f}"),
    ("queries/s", "per_second", 1, "{:.0f}"),
    ("p50 µs", "p50_us", 1, "{:.0f}"),
    ("p99 µs", "p99_us", 1, "{:.0f}"),
    ("waits/query", "waits_per_query", 1, "{:.2f}"),
]
CONNECT_COLUMNS = [
    ("CPU µs/connect", "cpu_ns_per_query", 1e-3, "{:.1f}"),
    ("connects/s", "per_second", 1, "{:.0f}"),
    ("p50 µs", "p50_us", 1, "{:.0f}"),
    ("p99 µs", "p99_us", 1, "{:.0f}"),
    ("SYN resent", "syn_retransmissions", 1, "{:.0f}"),
]
BIG_COLUMNS = [
    ("MiB/s", "mib_per_second", 1, "{:.0f}"),
    ("CPU µs/MiB", "cpu_us_per_mib", 1, "{:.0f}"),
    ("RSS before KiB", "rss_before_kib", 1, "{:.0f}"),
    ("peak RSS KiB", "peak_rss_kib", 1, "{:.0f}"),
]


def grid(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])])


def rounds_table(title, by_target, columns):
    yield f"\n{title}: median (min..max)"
    yield from grid([["", *(c[0] for c in columns)]] + [
        [name, *(series(rounds, field, scale).text(form) for _, field, scale, form in columns)]
        for name, rounds in by_target.items()])


def ratios(by_target, columns, base):
    """target → field → ratios to the base target, for all others."""
    if base not in by_target:
        return {}
    return {name: {field: series(rounds, field).over(series(by_target[base], field)) for _, field, _, _ in columns}
            for name, rounds in by_target.items() if name != base}


def ratio_table(by_target, columns, base):
    found = ratios(by_target, columns, base)
    columns = [c for c in columns if any(fields[c[1]].values for fields in found.values())]
    if found:
        yield f"  as a multiple of {base}, round by round:"
        yield from grid([["", *(title for title, *_ in columns)]] + [
            [name, *(fields[field].text() for _, field, *_ in columns)] for name, fields in found.items()])


def section(title, by_target, columns):
    yield from rounds_table(title, by_target, columns)
    yield from ratio_table(by_target, columns, "haproxy")
    yield from ratio_table(by_target, columns, "direct")


def once_table(title, by_target, columns):
    """One measurement per target; a column is (title, field, format)."""
    yield f"\n{title}"
    yield from grid([["", *(name for name, *_ in columns)]] + [
        [name, *(form.format(result[field]) for _, field, form in columns)] for name, result in by_target.items()])
