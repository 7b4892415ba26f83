"""A notebook as a plain script: run it whole, or cell by cell where `# %%` marks cells are understood.

It reads the published copy of a workspace, so it never blocks the night. `make demo` makes one at demo/.
"""

# %% What is there
import sys
from pathlib import Path

from journey_analytics.report import report_frames
from journey_analytics.report.figures.dropoff import dropoff_figure
from journey_analytics.report.figures.overview import trend_figure
from journey_analytics.report.figures.stage_flow import stage_flow_figure
from journey_analytics.report.trend import months
from journey_analytics.warehouse import open_published

published = Path(sys.argv[1] if len(sys.argv) > 1 else "demo/warehouse.published.duckdb")
with open_published(published) as warehouse:
    frames = report_frames(warehouse)
    by_device = warehouse.frame(
        """
        select segment_value as device, stage, entered_count, open_count, estimated_dropoff_share,
            estimated_low_share, estimated_high_share
        from mart.stage_dropoff
        where segment = 'device' and is_ranked
        order by stage, estimated_dropoff_share desc
        """
    )
for name, frame in sorted(frames.items()):
    print(f"{name:24} {frame.height:6,} rows")

# %% Where customers are lost, by device; shares are of the journeys that entered, with 95 % intervals
print(by_device)

# %% The same figures as in the report
figures = {
    "dropoff": dropoff_figure(frames["mart.stage_dropoff"]),
    "flow": stage_flow_figure(frames["mart.stage_flow"]),
    "trend": trend_figure(
        months(frames["mart.stage_dropoff"], "decision", as_of=frames["mart.headline"]["as_of_at"].max())
    ),
}

# %% Look at one: figures["dropoff"].show()
print({name: len(figure.data) for name, figure in figures.items()})
