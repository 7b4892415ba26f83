"""The offline report: frames of the marts in, one HTML file out."""

from journey_analytics.report.archive import keep as keep_report
from journey_analytics.report.frames import report_frames
from journey_analytics.report.page import write_report

__all__ = ["keep_report", "report_frames", "write_report"]
