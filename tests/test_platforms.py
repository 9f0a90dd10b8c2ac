"""The matrix of platforms: whatever form a hand-in comes in, it is the same student's."""

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from grader.submission import discover
from grader.submission.platforms import named

PLATFORMS = {
    "moodle": {
        "id": "Ada_Doe_103",
        "normal": ["Ada Doe_103_assignsubmission_file_/hw.ipynb"],
        "late": ["Ada Doe_103_assignsubmission_file/hw.ipynb"],
        "second": [
            "Ada Doe_103_assignsubmission_file_/hw.ipynb",
            "Ada Doe_103_assignsubmission_onlinetext_/onlinetext.html",
        ],
        "group": ["Group 3-Ada Doe_103_assignsubmission_file_/hw.ipynb"],
        "group id": "Group_3-Ada_Doe_103",
        "namesake": ["Ada Doe_104_assignsubmission_file_/hw.ipynb"],
    },
    "moodle, flat": {
        "id": "Participant_103",
        "normal": ["Participant_103_assignsubmission_file_hw.ipynb"],
        "late": ["Participant_103_assignsubmission_file_hw_late.ipynb"],
        "second": [
            "Participant_103_assignsubmission_file_hw.ipynb",
            "Participant_103_assignsubmission_file_hw2.ipynb",
        ],
        "group": ["Team A_7_assignsubmission_file_hw.ipynb"],
        "group id": "Team_A_7",
        "namesake": ["Participant_104_assignsubmission_file_hw.ipynb"],
    },
    "canvas": {
        "id": "doeada_12345",
        "normal": ["doeada_12345_67890_hw-1.ipynb"],
        "late": ["doeada_LATE_12345_67890_hw-1.ipynb"],
        "second": ["doeada_12345_67890_hw.ipynb", "doeada_12345_67999_hw-1.ipynb"],
        "group": ["group3_4711_67890_hw.ipynb"],
        "group id": "group3_4711",
        "namesake": ["doeada_12346_67891_hw.ipynb"],
    },
    "blackboard": {
        "id": "adoe3",
        "normal": ["HW1_adoe3_attempt_2026-10-02-09-30-00_hw1.ipynb"],
        "late": [
            "HW1_adoe3_attempt_2026-10-02-09-30-00_hw1.ipynb",
            "HW1_adoe3_attempt_2026-10-02-09-30-00.txt",
        ],
        "second": [
            "HW1_adoe3_attempt_2026-10-01-12-00-00_hw1.ipynb",
            "HW1_adoe3_attempt_2026-10-02-09-30-00_hw1.ipynb",
        ],
        "group": ["HW_1_Group 3_attempt_2026-10-02-09-30-00_hw1.ipynb"],
        "group id": "Group_3",
        "namesake": ["HW1_adoe4_attempt_2026-10-02-09-30-00_hw1.ipynb"],
        "at": "2026-10-02T09:30:00",
    },
    "brightspace": {
        "id": "Ada_Doe_12345",
        "normal": ["12345-67890 - Ada Doe - Oct 3, 2026 915 AM/hw1.ipynb"],
        "late": ["12345-67890 - Ada Doe - Oct 3, 2026 915 AM - hw1.ipynb"],
        "second": [
            "12345-67890 - Ada Doe - Oct 1, 2026 1200 PM/hw1.ipynb",
            "12345-67890 - Ada Doe - Oct 3, 2026 915 AM/hw1.ipynb",
        ],
        "group": ["333-67890 - Group 3 - Oct 3, 2026 915 AM/hw1.ipynb"],
        "group id": "Group_3_333",
        "namesake": ["12346-67890 - Ada Doe - Oct 3, 2026 915 AM/hw1.ipynb"],
        "at": "2026-10-03T09:15:00",
    },
    "gradescope": {
        "id": "submission_1234567",
        "normal": ["submission_1234567/hw1.ipynb"],
        "late": ["submission_1234567/hw1.ipynb", "submission_metadata.yml"],
        "second": ["submission_1234567/hw1.ipynb", "submission_1234567/old/hw1.ipynb"],
        "group": ["submission_1234568/hw1.ipynb"],
        "group id": "submission_1234568",
        "namesake": ["submission_1234569/hw1.ipynb"],
    },
    "teams": {
        "id": "Ada_Doe",
        "normal": ["Submitted files/Ada Doe/HW1/hw1.ipynb"],
        "late": ["Submitted files/Ada Doe/HW1/hw1.ipynb", "Working files/Ada Doe/HW1/hw1.ipynb"],
        "second": [
            "Submitted files/Ada Doe/HW1/Version 2/hw1.ipynb",
            "Submitted files/Ada Doe/HW1/Version 10/hw1.ipynb",
        ],
        "group": ["Submitted files/Group 3/HW1/hw1.ipynb"],
        "group id": "Group_3",
        "namesake": ["Submitted files/Ada Doe1/HW1/hw1.ipynb"],
    },
    "sakai": {
        "id": "adoe3",
        "normal": ["Doe, Ada(adoe3)/Submission attachment(s)/hw1.ipynb"],
        "late": [
            "Doe, Ada(adoe3)/Submission attachment(s)/hw1.ipynb",
            "Doe, Ada(adoe3)/timestamp.txt",
            "grades.csv",
        ],
        "second": [
            "Doe, Ada(adoe3)/Submission attachment(s)/hw1.ipynb",
            "Doe, Ada(adoe3)/Feedback Attachment(s)/hw1.ipynb",
        ],
        "group": ["Group 3, (g3)/Submission attachment(s)/hw1.ipynb"],
        "group id": "g3",
        "namesake": ["Doe, Ada(adoe4)/Submission attachment(s)/hw1.ipynb"],
    },
    "ilias": {
        "id": "adoe3_1234",
        "normal": ["Doe_Ada_adoe3_1234/hw1.ipynb"],
        "late": ["Doe_Ada_adoe3_1234/20261002093000_hw1.ipynb"],
        "second": ["Doe_Ada_adoe3_1234/hw1.ipynb", "Doe_Ada_adoe3_1234/hw1_neu.ipynb"],
        "group": ["Team 12/Roe_Bo_broe_777/hw1.ipynb", "Team 12/Poe_Cy_cpoe_778/hw1.ipynb"],
        "group id": "broe_777",
        "namesake": ["Doe_Ada_adoe4_1235/hw1.ipynb"],
    },
    "okpy": {
        "id": "ada_example.edu",
        "normal": ["ada@example.edu/hw1.ipynb"],
        "late": ["ada@example.edu/2026-10-02-09-30-00/hw1.ipynb"],
        "second": [
            "ada@example.edu/2026-10-01-09-30-00/hw1.ipynb",
            "ada@example.edu/2026-10-02-09-30-00/hw1.ipynb",
        ],
        "group": ["bo@example.edu-cy@example.edu/hw1.ipynb"],
        "group id": "bo_example.edu-cy_example.edu",
        "namesake": ["ada@example.org/hw1.ipynb"],
    },
    "google classroom": {
        "id": "Ada_Doe",
        "normal": ["Ada Doe - hw1.ipynb"],
        "late": ["Ada Doe - Copy of hw1.ipynb"],
        "second": ["Ada Doe - hw1.ipynb", "Ada Doe - hw1 (1).ipynb"],
        "group": ["Bo Roe, Cy Poe - hw1.ipynb"],
        "group id": "Bo_Roe_Cy_Poe",
        "namesake": ["Ada B. Doe - hw1.ipynb"],
    },
    "nbgrader": {
        "id": "adoe3",
        "normal": ["submitted/adoe3/hw1/hw1.ipynb"],
        "late": [
            "submitted/adoe3/hw1/hw1.ipynb",
            "submitted/adoe3/hw1/timestamp.txt",
            "source/hw1/hw1.ipynb",
        ],
        "second": ["submitted/adoe3/hw1/hw1.ipynb", "submitted/adoe3/hw1/hw1_old.ipynb"],
        "group": ["submitted/group3/hw1/hw1.ipynb"],
        "group id": "group3",
        "namesake": ["submitted/adoe4/hw1/hw1.ipynb"],
    },
    "nbgrader's exchange": {
        "id": "adoe3",
        "normal": ["adoe3+hw1+2026-10-02 09:30:00 UTC/hw1.ipynb"],
        "late": ["adoe3+hw1+2026-10-02 09:30:00.123456 UTC+cmFuZG9t/hw1.ipynb"],
        "second": [
            "adoe3+hw1+2026-10-01 09:30:00 UTC/hw1.ipynb",
            "adoe3+hw1+2026-10-02 09:30:00 UTC/hw1.ipynb",
        ],
        "group": ["g3+hw1+2026-10-02 09:30:00 UTC/hw1.ipynb"],
        "group id": "g3",
        "namesake": ["adoe4+hw1+2026-10-02 09:30:00 UTC/hw1.ipynb"],
        "at": "2026-10-02T09:30:00",
    },
    "github classroom": {
        "id": "adoe-3",
        "normal": ["hw1-submissions/hw1-adoe-3/hw1.ipynb"],
        "late": ["hw1-submissions/hw1-adoe-3/work/hw1.ipynb"],
        "second": [
            "hw1-submissions/hw1-adoe-3/hw1.ipynb",
            "hw1-submissions/hw1-adoe-3/hw1-final.ipynb",
        ],
        "group": ["hw1-submissions/hw1-team-x/hw1.ipynb"],
        "group id": "team-x",
        "namesake": ["hw1-submissions/hw1-adoe-4/hw1.ipynb"],
    },
    "classroom 50": {
        "id": "adoe3",
        "normal": ["hw1-adoe3/hw1.ipynb"],
        "late": ["hw1-adoe3/src/hw1.ipynb"],
        "second": ["hw1-adoe3/hw1.ipynb", "hw1-adoe3/old/hw1.ipynb"],
        "group": ["hw1-team-x/hw1.ipynb"],
        "group id": "team-x",
        "namesake": ["hw1-adoe4/hw1.ipynb"],
    },
}
ROWS = pytest.mark.parametrize("row", PLATFORMS.values(), ids=PLATFORMS.keys())
STAMP = {"timestamp.txt": "20261002093000123"}


@pytest.fixture
def laid(tmp_path):
    """Writes files below a new folder."""

    def write(*names: str, below: str = "class") -> Path:
        root = tmp_path / below
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(STAMP.get(path.name, "{}"))
        return root

    return write


@pytest.fixture
def found(tmp_path):
    return lambda *paths: discover(paths, tmp_path / "workspace").submissions


def ids(submissions):
    return {each.id for each in submissions}


@ROWS
@pytest.mark.parametrize("form", ["normal", "late", "second"])
def test_a_hand_in_is_one_students_under_the_platforms_number_or_login(row, form, laid, found):
    assert ids(found(laid(*row[form]))) == {row["id"]}


@ROWS
def test_a_group_is_told_from_its_members_and_namesakes_from_one_another(row, laid, found):
    alone = ids(found(laid(*row["normal"])))
    root = laid(*row["normal"], *row["group"], *row["namesake"])
    together = ids(found(root))
    assert alone < together
    assert row["group id"] in together
    assert len(together) == 2 + len(row["group"])


@ROWS
@pytest.mark.parametrize("form", ["normal", "second", "namesake"])
def test_one_level_up_is_the_same_class(row, form, laid, found):
    root = laid(*row["normal"], *row[form])
    assert ids(found(root.parent / "class")) == ids(
        found(laid(*row["normal"], *row[form], below="up/hw1").parent)
    )


@ROWS
@pytest.mark.parametrize("around", ["up", "two/up", "one/two/up"])
def test_folders_around_a_class_are_nobodys(row, around, laid, found, tmp_path):
    root = laid(*row["normal"], *row["namesake"])
    laid(*row["normal"], *row["namesake"], below=f"given/{around}")
    assert ids(found(tmp_path / "given")) == ids(found(root))


@ROWS
@pytest.mark.parametrize("kind", ["zip", "gztar"])
@pytest.mark.parametrize("beside", ["", "notes.txt", "README.md"])
def test_a_packed_class_in_a_folder_is_the_same_class(row, kind, beside, laid, found, tmp_path):
    root = laid(*row["normal"], *row["namesake"])
    (tmp_path / "given" / "deeper").mkdir(parents=True)
    if beside:
        (tmp_path / "given" / beside).write_text("of the course")
    shutil.make_archive(str(tmp_path / "given" / "deeper" / "export of monday"), kind, root)
    assert ids(found(tmp_path / "given")) == ids(found(root))


def packed(path: Path, *names: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as out:
        for name in names:
            out.writestr(name, "{}")


@pytest.mark.parametrize(
    ("names", "whose"),
    [
        (["backward.ipynb", "network.py"], {"ada"}),
        (["backward.ipynb", "forward.ipynb"], {"ada"}),
        (["hw1-main/src/net.py", "hw1-main/hw.ipynb"], {"ada"}),
        (["hw/part1/x.ipynb", "hw/part2/y.ipynb"], {"ada"}),
        (["ben.ipynb", "cy.ipynb"], {"ben", "cy"}),
        (["hw/ben/x.ipynb", "hw/cy/x.ipynb"], {"ben", "cy"}),
        (["Ben Roe_104_assignsubmission_file_/x.ipynb"], {"Ben_Roe_104"}),
    ],
)
def test_a_zip_alone_in_a_folder_is_a_students_or_a_class_by_what_it_holds(
    names, whose, found, tmp_path
):
    packed(tmp_path / "given" / "ada.zip", *names)
    assert ids(found(tmp_path / "given")) == whose


def test_zips_of_students_stay_theirs_and_zips_of_sections_are_opened(found, tmp_path):
    packed(tmp_path / "given" / "ada.zip", "part one/x.ipynb", "part two/y.ipynb")
    packed(tmp_path / "given" / "ben.zip", "network.py", "x.ipynb")
    moodle = "{}_10{}_assignsubmission_file_/x.ipynb"
    packed(tmp_path / "given" / "monday.zip", moodle.format("Cy", 1), moodle.format("Di", 2))
    assert ids(found(tmp_path / "given")) == {"ada", "ben", "Cy_101", "Di_102"}


def test_folders_of_one_student_are_not_students_while_others_are_there(laid, found):
    root = laid("ada/hw1/mynet/a.ipynb", "ada/hw1/other/b.ipynb", "ben/hw.ipynb")
    assert ids(found(root)) == {"ada", "ben"}


@ROWS
def test_a_students_own_files_given_alone_are_the_same_students(row, laid, found):
    root = laid(*row["normal"])
    (notebook,) = root.rglob("*.ipynb")
    inside = [path for path in notebook.parents if path.is_relative_to(root) and path != root]
    below = [
        path for path in inside if not path.name.endswith(("submissions", "files", "submitted"))
    ]
    strict = named(notebook.parent.name, folder=True)
    for path in below:
        assert ids(found(path)) == {row["id"]}
    if strict is not None and strict.sure:
        assert ids(found(notebook)) == {row["id"]}


@ROWS
@pytest.mark.parametrize("kind", ["zip", "gztar", "tar"])
def test_a_packed_class_is_the_same_class(row, kind, laid, found, tmp_path):
    root = laid(*row["normal"], *row["namesake"])
    whole = shutil.make_archive(str(tmp_path / "export"), kind, root)
    wrapped = shutil.make_archive(str(tmp_path / "class"), kind, tmp_path, "class")
    assert ids(found(Path(whole))) == ids(found(root))
    assert ids(found(Path(wrapped))) == ids(found(root))


@ROWS
def test_the_latest_attempt_counts_and_its_time_is_known(row, laid, found):
    if "at" not in row:
        row = PLATFORMS["blackboard"]
    (submission,) = found(laid(*row["second"]))
    assert submission.submitted_at == row["at"]
    assert len(submission.candidates) == 1
    assert any("latest of 2 attempts" in note for note in submission.notes)


@pytest.mark.parametrize("platform", ["teams", "okpy"])
def test_folders_of_attempts_sort_by_number_and_time(platform, laid, found):
    (submission,) = found(laid(*PLATFORMS[platform]["second"]))
    assert submission.places[0].split("/")[-2] in {"Version 10", "2026-10-02-09-30-00"}
    assert len(submission.places) == 1


@pytest.mark.parametrize("platform", ["sakai", "nbgrader"])
def test_a_timestamp_beside_the_files_tells_the_time(platform, laid, found):
    (submission,) = found(laid(*PLATFORMS[platform]["late"]))
    assert submission.submitted_at == "2026-10-02T09:30:00"


def test_a_tar_with_a_link_or_a_path_that_leads_out_yields_only_plain_files(tmp_path, found):
    archive = tmp_path / "class.tar.gz"
    (tmp_path / "x.ipynb").write_text("{}")
    with tarfile.open(archive, "w:gz") as out:
        out.add(tmp_path / "x.ipynb", "ada/x.ipynb")
        out.add(tmp_path / "x.ipynb", "../../evil.ipynb")
        link = tarfile.TarInfo("ada/passwd.ipynb")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(link)
    (submission,) = found(archive)
    assert [path.name for path in submission.candidates] == ["x.ipynb"]


@pytest.mark.parametrize(
    "name",
    ["Backprop Ninja - Ada.ipynb", "Lab - Bo.ipynb", "hw1.ipynb", "ada.ipynb", "a_b_12.ipynb"],
)
def test_a_title_or_a_plain_name_is_no_platforms(name):
    assert named(name, folder=False) is None
