"""Discovery: whose file is it, and what cannot be graded."""

import os
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.submission import Discovery, Submission, discover
from grader.submission.archive import Caps, list_archive
from grader.submission.naming import MAX_LENGTH, identity, natural, safe_id


@pytest.fixture
def klass(tmp_path):
    """Writes the given files into a class folder and returns it."""

    def write(*names: str) -> Path:
        root = tmp_path / "class"
        root.mkdir(exist_ok=True)
        for name in names:
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("{}")
        return root

    return write


@pytest.fixture
def find(tmp_path):
    """discover() with a workspace of its own."""
    return lambda *paths: discover(paths, tmp_path / "workspace")


@pytest.fixture
def packed(tmp_path):
    """Writes a zip of the given entries and returns its path."""

    def write(entries: dict[str, bytes], name: str = "class.zip") -> Path:
        target = tmp_path / name
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in entries.items():
                archive.writestr(entry, content)
        return target

    return write


def ids(discovery: Discovery) -> list[str]:
    return [submission.id for submission in discovery.submissions]


def only(discovery: Discovery) -> Submission:
    (submission,) = discovery.submissions
    return submission


def told(discovery: Discovery, name: str) -> str:
    """Why nothing of a student can be graded; it is said nowhere else."""
    (submission,) = (each for each in discovery.submissions if each.id == name)
    assert submission.problem is not None
    assert not submission.lost
    assert not [line for line in discovery.problems if submission.problem in line]
    return submission.problem


def names(submission: Submission) -> list[str]:
    return [path.name for path in submission.candidates]


# ---- layouts ---------------------------------------------------------------------------------


def test_a_notebook_alone_is_a_submission(klass, find):
    path = klass("alice.ipynb") / "alice.ipynb"
    found = only(find(path))
    assert (found.id, found.candidates, found.origin) == ("alice", (path,), str(path))
    assert found.origins == (str(path),)


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path, find):
    with pytest.raises(UsageError, match=r"nowhere\.ipynb does not exist"):
        find(tmp_path / "nowhere.ipynb")


def test_top_level_files_and_folders_are_one_student_each_in_natural_order(klass, find):
    root = klass("s10.ipynb", "s2.py", "S1/deep/er/x.ipynb", "README.md")
    discovery = find(root)
    assert ids(discovery) == ["S1", "s2", "s10"]
    assert discovery.problems == ()


def test_a_folder_of_modules_is_one_student_each(klass, find):
    assert ids(find(klass("ann.py", "bob.py"))) == ["ann", "bob"]


def test_several_files_of_a_student_are_candidates_notebooks_and_shallow_ones_first(klass, find):
    root = klass("al/b.ipynb", "al/a10.ipynb", "al/a2.ipynb", "al/sub/0.ipynb", "al/0.py")
    found = only(find(root))
    assert names(found) == ["a2.ipynb", "a10.ipynb", "b.ipynb", "0.ipynb", "0.py"]
    assert found.origin == str(root / "al/a2.ipynb")
    assert found.origins[-1] == str(root / "al/0.py")


def test_hidden_files_checkpoints_and_the_litter_of_tools_are_ignored(klass, find):
    root = klass(
        "al/x.ipynb",
        "al/.ipynb_checkpoints/x-checkpoint.ipynb",
        "al/__pycache__/m.py",
        "__MACOSX/al/._x.ipynb",
        ".hidden.ipynb",
        ".git/hook.py",
    )
    assert names(only(find(root))) == ["x.ipynb"]


def test_nbgraders_folder_is_recognised_from_outside_and_from_within(klass, find):
    root = klass("submitted/al/hw/x.ipynb", "submitted/bo/hw/x.ipynb", "source/hw/x.ipynb")
    assert ids(find(root)) == ["al", "bo"]
    assert ids(find(root / "submitted")) == ["al", "bo"]


def test_canvas_downloads_are_grouped_by_name_and_number(klass, find):
    root = klass(
        "doealice_12345_67890_x.ipynb",
        "doealice_12345_67891_y.ipynb",
        "roebob_LATE_22222_67890_x.ipynb",
        "doealice_33333_67899_x.ipynb",
    )
    discovery = find(root)
    assert ids(discovery) == ["doealice_12345", "doealice_33333", "roebob_22222"]
    first, _, late = discovery.submissions
    assert len(first.candidates) == 2
    assert first.places == ("x.ipynb", "y.ipynb")
    assert late.notes == ("handed in late, says Canvas",)
    assert discovery.problems == ()


def test_canvas_files_named_one_by_one_are_grouped_too(klass, find):
    root = klass("doe_12345_67890_x.ipynb", "doe_12345_67891_y.py")
    assert names(only(find(*sorted(root.iterdir())))) == [
        "doe_12345_67890_x.ipynb",
        "doe_12345_67891_y.py",
    ]


def test_a_canvas_student_without_a_notebook_is_named(klass, find):
    discovery = find(klass("doe_12345_67890_report.docx"))
    assert ids(discovery) == ["doe_12345"]
    assert "doe_12345 holds no notebook" in told(discovery, "doe_12345")
    assert "only doe_12345_67890_report.docx" in told(discovery, "doe_12345")


def test_moodle_folders_and_flat_files_give_the_students_name(klass, find):
    root = klass(
        "Ann Lee_123_assignsubmission_file_/x.ipynb",
        "Ann Lee_123_assignsubmission_onlinetext_/onlinetext.html",
        "Jo_Ann Wu_9_assignsubmission_file_x.ipynb",
    )
    discovery = find(root)
    assert ids(discovery) == ["Ann_Lee_123", "Jo_Ann_Wu_9"]
    assert discovery.problems == ()
    assert ids(find(root / "Ann Lee_123_assignsubmission_file_")) == ["Ann_Lee_123"]


def test_files_and_a_folder_of_one_name_are_one_students_and_a_line_says_so(klass, find):
    root = klass("al.ipynb", "al.py", "al/x.ipynb")
    discovery = find(root)
    assert ids(discovery) == ["al"]
    assert names(only(discovery)) == ["al.ipynb", "x.ipynb", "al.py"]
    (line,) = discovery.problems
    assert "graded as one student, al, with al.py, al" in line


def test_one_name_in_two_folders_is_two_students_each_called_by_the_folder(klass, find):
    root = klass("mon/al/x.ipynb", "tue/al/x.ipynb", "tue/bo/x.ipynb")
    discovery = find(root / "mon", root / "tue")
    assert ids(discovery) == ["al-mon", "al-tue", "bo"]
    assert len(discovery.problems) == 2


def test_a_path_given_twice_or_with_its_folder_counts_once(klass, find):
    root = klass("al.ipynb")
    assert len(only(find(root, root / "al.ipynb", root)).candidates) == 1


def test_a_virtual_environment_handed_in_is_cut_short_with_a_note(klass, find):
    root = klass("al/x.ipynb", *(f"al/venv/m{i}.py" for i in range(80)))
    found = only(find(root))
    assert len(found.candidates) == len(found.origins) == 50
    assert found.candidates[0].name == "x.ipynb"
    assert found.notes == ("only the first 50 of 81 files were looked at",)


def test_ten_thousand_files_are_found(klass, find):
    root = klass()
    for i in range(10_000):
        (root / f"s{i}.ipynb").touch()
    found = ids(find(root))
    assert found[:11] == [f"s{i}" for i in range(11)]
    assert len(set(found)) == 10_000


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (("ex1.ipynb", "ex2.ipynb", "helpers.py"), ["class"]),
        (("draft.ipynb", "hw_final.ipynb"), ["class"]),
        (("submission1.ipynb", "submission2.ipynb"), ["submission1", "submission2"]),
        (("hw1_12345.ipynb", "hw1_23456.ipynb"), ["hw1_12345", "hw1_23456"]),
        (("ada.ipynb", "ex1.ipynb", "helpers.py"), ["ada", "ex1"]),
    ],
)
def test_notebooks_called_like_parts_alone_are_one_students(klass, find, files, wanted):
    assert ids(find(klass(*files))) == wanted


def test_a_module_of_a_flat_class_that_is_called_like_nobody_is_beside_every_notebook(klass, find):
    found = find(klass("ada.ipynb", "ben.ipynb", "helpers.py", "data.csv")).submissions
    assert [each.id for each in found] == ["ada", "ben"]
    for each in found:
        assert {file.name for file in each.beside} == {"helpers.py", "data.csv"}


# ---- what cannot be a submission -------------------------------------------------------------


def test_an_empty_folder_and_one_without_notebooks_say_what_is_there_instead(klass, find):
    root = klass("bob/report.docx", "bob/x.ipynb.txt")
    (root / "carol").mkdir()
    bob, carol = find(root).problems
    assert "bob/: holds no notebook" in bob
    assert "only report.docx, x.ipynb.txt" in bob
    assert "carol/: holds no notebook" in carol


def test_where_others_have_folders_a_folder_without_notebooks_is_a_student_too(klass, find):
    root = klass("al/x.ipynb", "bob/report.docx", "handout.pdf", "README.md")
    discovery = find(root)
    assert ids(discovery) == ["al", "bob"]
    assert told(discovery, "bob").startswith("bob holds no notebook (.ipynb) or module (.py), only")
    assert discovery.problems == (f"{root}: left out, handout.pdf: no notebook, module or zip",)


def test_a_folder_beside_notebooks_is_nobodys(klass, find):
    discovery = find(klass("al.ipynb", "data/names.csv"))
    assert ids(discovery) == ["al"]
    assert "data/: holds no notebook" in discovery.problems[0]


def test_a_class_folder_without_anything_is_a_problem_of_its_own(klass, find):
    assert "only README.md" in find(klass("README.md")).problems[0]


def test_a_file_of_another_kind_is_a_problem(klass, find):
    (line,) = find(klass("x.docx") / "x.docx").problems
    assert "x.docx: is neither notebook" in line


def test_a_pipe_named_like_a_notebook_is_a_problem(klass, find):
    root = klass("a/x.ipynb")
    os.mkfifo(root / "b.ipynb")
    discovery = find(root)
    assert ids(discovery) == ["a", "b"]
    assert "b.ipynb is not an ordinary file" in told(discovery, "b")
    assert "is not an ordinary file" in find(root / "b.ipynb").problems[0]


def test_an_unreadable_folder_is_a_problem_and_the_others_are_found(klass, find):
    root = klass("a/x.ipynb", "b/x.ipynb")
    (root / "b").chmod(0)
    if os.access(root / "b", os.R_OK):
        pytest.skip("this user may read everything")
    discovery = find(root)
    (root / "b").chmod(0o700)
    b = discovery.submissions[1]
    assert (b.id, b.lost) == ("b", True)
    assert "b cannot be read (Permission denied)" in (b.problem or "")


def test_a_folder_that_is_too_deep_to_open_is_a_problem(klass, find):
    root = klass("a/x.ipynb", "b/x.ipynb")
    at = os.open(root / "b", os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=at)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    discovery = find(root)
    assert ids(discovery) == ["a", "b"]
    assert "cannot be read (File name too long)" in discovery.problems[0]


def test_names_with_line_breaks_and_undecodable_bytes_fit_one_line(klass, find):
    root = klass("bob\nroot/x.docx")
    (root / os.fsdecode(b"z\xff\xfe.ipynb")).touch()
    discovery = find(root)
    assert ids(discovery) == ["z"]
    assert discovery.submissions[0].origin.endswith("z\ufffd\ufffd.ipynb")
    assert discovery.submissions[0].candidates[0].exists()
    assert all("\n" not in line for line in discovery.problems)


# ---- links -----------------------------------------------------------------------------------


def test_links_that_stay_inside_are_followed_and_noted_where_they_lead_to_another(klass, find):
    root = klass("al/x.ipynb", "al/sub/y.ipynb")
    (root / "al" / "same.ipynb").symlink_to("x.ipynb")
    (root / "bo").mkdir()
    (root / "bo" / "mine.ipynb").symlink_to("../al/x.ipynb")
    (root / "ca").symlink_to("al/sub")
    al, bo, ca = find(root).submissions
    assert al.notes == ()
    assert bo.notes == ("mine.ipynb is a link to al/x.ipynb",)
    assert ca.notes == ("y.ipynb is a link to al/sub/y.ipynb",)


def test_links_that_leave_the_folder_lead_nowhere_or_in_circles_are_problems(klass, find, tmp_path):
    root = klass("al/x.ipynb")
    outside = tmp_path / "class-of-last-year"
    outside.mkdir()
    (outside / "x.ipynb").touch()
    (root / "al" / "stolen.ipynb").symlink_to(outside / "x.ipynb")
    (root / "al" / "passwd.py").symlink_to("/etc/passwd")
    (root / "al" / "gone.ipynb").symlink_to("nowhere.ipynb")
    (root / "al" / "loop").symlink_to("../al")
    (root / "al" / "self").symlink_to("self")
    discovery = find(root)
    assert names(only(discovery)) == ["x.ipynb"]
    text = "\n".join(discovery.problems)
    assert text.count("leaves the given folder") == 2
    assert text.count("cannot be followed") == 2
    assert text.count("stands in") == 1


def test_a_tangle_of_links_ends(klass, find):
    root = klass(*(f"d{i}/x.ipynb" for i in range(30)))
    for i in range(30):
        for j in range(30):
            if i != j:
                (root / f"d{i}" / f"to{j}").symlink_to(f"../d{j}")
    discovery = find(root)
    assert len(discovery.submissions) == 30
    assert sum(len(s.candidates) for s in discovery.submissions) == 60


# ---- zips ------------------------------------------------------------------------------------


def test_a_class_zip_is_read_like_a_folder(packed, find):
    found = find(packed({"al/x.ipynb": b"1", "bo.ipynb": b"2", "notes.txt": b"3"}))
    assert ids(found) == ["al", "bo"]
    assert found.submissions[0].origin.endswith("class.zip!al/x.ipynb")
    assert found.submissions[0].candidates[0].read_bytes() == b"1"
    assert found.submissions[0].candidates[0].name == "x.ipynb"


@pytest.mark.parametrize(
    "entries",
    [
        {"class/al.ipynb": b"", "class/bo.ipynb": b"", "__MACOSX/class/._al.ipynb": b""},
        {"hw1-main/al/x.ipynb": b"", "hw1-main/bo/x.ipynb": b"", "hw1-main/README.md": b""},
        {"course/submitted/al/hw/x.ipynb": b"", "course/submitted/bo/hw/x.ipynb": b""},
        {"class\\al\\x.ipynb": b"", "class\\bo\\x.ipynb": b""},
        {"submitted/al/hw/x.ipynb": b"", "submitted/bo/hw/x.ipynb": b""},
        {"al/.ipynb_checkpoints/a.ipynb": b"", "al/x.ipynb": b"", "bo/": b"", "bo/x.py": b""},
    ],
)
def test_the_folder_that_a_zip_wraps_around_is_taken_away(packed, find, entries):
    discovery = find(packed(entries))
    assert ids(discovery) == ["al", "bo"]
    assert discovery.problems == ()


def test_a_students_own_zip_counts_as_the_students_folder(packed, find, klass):
    inner = packed({"work/x.ipynb": b"1", "again.zip": b"PK"}, "w.zip").read_bytes()
    root = klass("al/notes.txt")
    (root / "al" / "work.zip").write_bytes(inner)
    (root / "doe_12345_67890_w.zip").write_bytes(inner)
    discovery = find(root)
    assert ids(discovery) == ["al", "doe_12345"]
    assert discovery.submissions[0].origin == str(root / "al/work.zip") + "!work/x.ipynb"
    both = packed({"al/w.zip": inner, "bo/x.ipynb": b""})
    assert ids(find(both)) == ["al", "bo"]
    assert ids(find(root / "doe_12345_67890_w.zip")) == ["doe_12345"]


def test_the_eleventh_zip_of_a_student_is_not_opened(packed, find, klass):
    root = klass("al/notes.txt")
    content = packed({"x.ipynb": b"1"}).read_bytes()
    for i in range(11):
        (root / "al" / f"w{i:02}.zip").write_bytes(content)
    discovery = find(root)
    assert len(only(discovery).candidates) == 10
    assert "al/w10.zip: is not opened" in discovery.problems[0]
    assert "w10.zip is not opened, 10 zips of one student are enough" in only(discovery).notes


def test_a_zip_in_a_zip_is_opened_as_one_of_the_ten(packed, find, klass):
    root = klass("al/notes.txt")
    inner = packed({"hw/x.ipynb": b"1"}).read_bytes()
    for _ in range(3):
        inner = packed({"deeper/w.zip": inner}).read_bytes()
    (root / "al" / "w.zip").write_bytes(inner)
    found = only(find(root))
    assert names(found) == ["x.ipynb"]
    assert found.origin == str(root / "al/w.zip") + "!deeper/w.zip" * 3 + "!hw/x.ipynb"
    for _ in range(10):
        inner = packed({"w.zip": inner}).read_bytes()
    (root / "al" / "w.zip").write_bytes(inner)
    assert "10 zips of one student are enough" in (only(find(root)).problem or "")


def test_who_hands_in_what_does_not_depend_on_who_else_is_there(klass, find):
    together = klass("Ada Doe - my_net.ipynb", "Bo Roe - my_net.ipynb", "Cy Poe - hw1.ipynb")
    every = ids(find(together))
    assert len(every) == 3
    for path in together.iterdir():
        (alone,) = ids(find(path))
        assert alone in every


def test_a_title_before_a_persons_name_is_no_student(klass, find):
    root = klass("Neural nets - Ada.ipynb", "Neural nets - Bo.ipynb")
    assert ids(find(root)) == ["Neural_nets_-_Ada", "Neural_nets_-_Bo"]


def test_entries_that_would_leave_the_workspace_are_refused_by_name(packed, find, tmp_path):
    path = packed(
        {
            "../../evil.ipynb": b"",
            "/etc/evil.ipynb": b"",
            "C:\\evil.ipynb": b"",
            "al\\..\\..\\evil.ipynb": b"",
            "al/x.ipynb": b"",
        }
    )
    discovery = find(path)
    assert ids(discovery) == ["al"]
    assert len(discovery.problems) == 4
    assert [p.name for p in tmp_path.rglob("*.ipynb")] == ["x.ipynb"]


def test_links_in_a_zip_are_not_made(packed, find, tmp_path):
    link = zipfile.ZipInfo("al/link.ipynb")
    link.external_attr = 0o120777 << 16
    path = packed({"al/x.ipynb": b""})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    discovery = find(path)
    assert names(only(discovery)) == ["x.ipynb"]
    assert "al/link.ipynb: is a link or device" in discovery.problems[0]


def test_a_bomb_is_skipped_and_the_others_are_found(packed, find):
    path = packed({"al/bomb.ipynb": bytes(80 << 20), "bo/x.ipynb": b""})
    discovery = find(path)
    assert ids(discovery) == ["al", "bo"]
    assert "bomb.ipynb unpacks to over 100 times its size" in told(discovery, "al")


def test_files_that_are_never_opened_are_not_unpacked(packed, find, tmp_path):
    find(packed({"al/x.ipynb": b"", "al/data.bin": bytes(80 << 20)}))
    assert not list(tmp_path.rglob("data.bin"))


def test_caps_on_number_and_total_size_refuse_the_zip(packed, find, klass):
    root = klass("al/x.ipynb")
    many = packed({f"m{i}.py": b"" for i in range(1_001)}, "many.zip").read_bytes()
    (root / "bo.zip").write_bytes(many)
    discovery = find(root)
    assert ids(discovery) == ["al", "bo"]
    assert "bo.zip holds 1001 notebooks and modules, over 1000" in told(discovery, "bo")
    assert len(find(packed({f"m{i}.py": b"" for i in range(1_001)})).submissions) == 1_001
    large = packed({f"m{i}.py": os.urandom(1 << 10) for i in range(20_001)})
    assert "over 20000" in find(large).problems[0]


def test_of_thousands_of_files_beside_a_notebook_only_the_first_are_unpacked(packed, tmp_path):
    path = packed({f"data/{i}.csv": b"1" for i in range(9)} | {"x.ipynb": b"{}"})
    found = list_archive(path, "class.zip", tmp_path, Caps(others=4))
    assert len(found) == 10
    assert [each.name for each in found if each.beside] == ["0.csv", "1.csv", "2.csv", "3.csv"]
    assert [each.name for each in found if each.path] == ["x.ipynb"]
    assert len(list(tmp_path.glob("zip-*/*/*"))) == 5


def test_a_zip_that_claims_more_than_two_gibibytes_is_refused(packed, find):
    path = packed({f"{i}.ipynb": b"x" for i in range(20)})
    content = bytearray(path.read_bytes())
    for at in _central(content):
        struct.pack_into("<II", content, at + 20, 200 << 20, 200 << 20)
    path.write_bytes(content)
    assert "unpacks to 4000 MiB, over 2048" in find(path).problems[0]


def test_one_enormous_file_is_skipped_and_the_others_are_found(packed, find):
    path = packed({"al/x.ipynb": b"x", "bo/x.ipynb": b"x"})
    content = bytearray(path.read_bytes())
    struct.pack_into("<II", content, next(_central(content)) + 20, 300 << 20, 300 << 20)
    path.write_bytes(content)
    discovery = find(path)
    assert ids(discovery) == ["al", "bo"]
    assert "x.ipynb unpacks to 300 MiB, over 256" in told(discovery, "al")


def test_a_zip_that_lies_about_its_size_yields_no_more_than_it_said(packed, find, tmp_path):
    path = packed({"al/x.ipynb": bytes(10 << 20), "bo/x.ipynb": b""})
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, next(_central(content)) + 24, 100)
    path.write_bytes(content)
    discovery = find(path)
    assert ids(discovery) == ["al", "bo"]
    assert "cannot be unpacked" in told(discovery, "al")
    assert sum(p.stat().st_size for p in (tmp_path / "workspace").rglob("*.*")) <= 100


def test_an_encrypted_entry_asks_for_a_zip_without_password(packed, find):
    path = packed({"al/x.ipynb": b"1", "bo/x.ipynb": b"1"})
    content = bytearray(path.read_bytes())
    at = next(_central(content))
    struct.pack_into("<H", content, at + 8, 1)
    path.write_bytes(content)
    discovery = find(path)
    assert ids(discovery) == ["al", "bo"]
    assert "x.ipynb is protected by a password" in told(discovery, "al")


def test_bzip2_and_lzma_are_refused_since_they_unpack_in_one_piece(find, tmp_path):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("al.ipynb", "{}")
    assert "packed in an uncommon way" in told(find(path), "al")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + bytes(100)])
def test_a_corrupt_zip_is_a_problem(find, klass, content):
    root = klass("al/x.ipynb")
    (root / "bo.zip").write_bytes(content)
    discovery = find(root)
    assert ids(discovery) == ["al", "bo"]
    assert "bo.zip is not a zip that can be read" in told(discovery, "bo")
    assert discovery.submissions[1].candidates == (root / "bo.zip",)
    assert "is not a zip that can be read" in find(root / "bo.zip").problems[0]


def test_a_damaged_entry_is_a_problem_and_the_others_are_found(packed, find):
    path = packed({"al/x.ipynb": b"abcdefgh" * 9, "bo/x.ipynb": b""})
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, next(_central(content)) + 16, zlib.crc32(b"other"))
    path.write_bytes(content)
    discovery = find(path)
    assert ids(discovery) == ["al", "bo"]
    assert "cannot be unpacked (Bad CRC-32" in told(discovery, "al")


def test_names_in_utf8_without_the_flag_are_read_as_utf8(packed, find):
    path = packed({"Jos#/x.ipynb".replace("#", "XX"): b""})
    path.write_bytes(path.read_bytes().replace(b"JosXX", "José".encode()))
    assert ids(find(path)) == ["José"]
    path.write_bytes(path.read_bytes().replace("José".encode(), b"Jos\x82\xff"))
    assert ids(find(path))[0].startswith("José")


def test_of_two_entries_with_one_name_the_last_counts(find, tmp_path):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("al.ipynb", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("al.ipynb", "2")
    assert only(find(path)).candidates[0].read_text() == "2"


def _central(content: bytes):
    """Offsets of the central directory's entries."""
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        yield at
        at = content.find(b"PK\x01\x02", at + 4)


# ---- ids -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("alice", "alice"),
        ("Name Surname", "Name_Surname"),
        ("../../etc/passwd", "etc_passwd"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("CON", "id_CON"),
        ("nul.tar", "id_nul.tar"),
        ("com¹", "id_com1"),
        ("index.html", "id_index.html"),
        ("mutants.json", "id_mutants.json"),
        ("jane.doe", "jane.doe"),
        ("José", "José"),
        ("हिन्दी", "हिन्दी"),
        ("a\u202eb", "a_b"),
        ("😀", "student"),
        ("", "student"),
        ("x. .", "x"),
    ],
)
def test_an_id_is_readable_and_safe(name, wanted):
    assert safe_id(name) == wanted


@given(st.text(max_size=300) | st.sampled_from(["con", "a", "A", "a-2", "ß", "ss"]))
def test_an_id_is_safe_whatever_the_name_is(name):
    plain = identity(name)
    assert 0 < len(plain) <= MAX_LENGTH
    assert len(plain.encode()) <= 220
    assert plain[0] not in ".-"
    assert plain[-1] not in ". "
    assert not set(plain) & set('/\\:*?"<>|\0\n')


def test_names_of_which_nothing_can_be_kept_or_not_all_are_told_apart():
    assert identity("\N{GRINNING FACE}") != identity("\N{CAT FACE}")
    assert identity("x" * 90 + "a") != identity("x" * 90 + "b")
    assert identity("student") == "student"


def test_natural_order_takes_digits_of_any_length():
    assert sorted(["x" + "9" * 5000, "x10", "x2", "X1"], key=natural)[:3] == ["X1", "x2", "x10"]


def test_the_order_of_the_paths_does_not_change_the_ids(klass, find):
    root = klass("a/x.ipynb", "b/x.ipynb")
    one = find(root / "a/x.ipynb", root / "b/x.ipynb")
    other = find(root / "b/x.ipynb", root / "a/x.ipynb")
    assert one.submissions == other.submissions
