"""Results in the forms that other systems read, and bundles that grade there.

One exporter is one module with a `Format` or a `Bundle`; another package adds one through an
entry point of the group `grader.exporters`. Nothing here knows torch.
"""

from grader.export.cards import read_cards, read_folders, read_grades
from grader.export.exporter import GROUP, Bundle, BundleOptions, ExportOptions, File, Format
from grader.export.handback import handed_back
from grader.export.output_folder import check_empty, write_files
from grader.export.registry import bundle_named, format_named
from grader.export.roster import ClassList, read_roster

__all__ = [
    "GROUP",
    "Bundle",
    "BundleOptions",
    "ClassList",
    "ExportOptions",
    "File",
    "Format",
    "bundle_named",
    "check_empty",
    "format_named",
    "handed_back",
    "read_cards",
    "read_folders",
    "read_grades",
    "read_roster",
    "write_files",
]
