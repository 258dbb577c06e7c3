"""Images, as far as they can be tested without root and without network."""

import fcntl
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sandbox.errors import ImageError
from sandbox.images import (
    Image,
    build_docker,
    build_erofs,
    engine,
    erofs,
    find_image,
    list_images,
    recipe,
    store,
    tools,
)
from sandbox.language import Language, choose_languages, load_language
from sandbox.paths import data_dir


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "guest"
    (folder / "sub").mkdir(parents=True)
    (folder / "__main__.py").write_text("print(1)\n")
    (folder / "sub" / "a.py").write_text("A = 1\n")
    monkeypatch.setattr(recipe, "guest_dir", lambda: folder)
    return folder


@pytest.fixture
def language(tmp_path: Path) -> Language:
    folder = tmp_path / "python"
    folder.mkdir()
    (folder / "smoke.py").write_text("")
    (folder / "language.toml").write_text(
        'description = "d"\npackages = ["python3"]\ncommand = ["c"]\nversion_command = ["v"]\n'
        'warm = []\nsmoke = "smoke.py"\n'
    )
    return load_language(folder)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    (folder / "images").mkdir(parents=True)
    return folder


def put_image(language: Language, state: Path, *, base_key: str = "base", digest: str = "ab" * 32) -> Image:
    """Put an image there as a build would, without building one."""
    image = Image(
        language=language.name,
        digest=f"sha256:{digest}",
        erofs_path=state / "images" / f"{language.name}-{digest[:12]}.erofs",
        language_version="Python 3.11.2",
        recipe_digest=recipe.recipe_digest(language, base_key),
        built_at="2026-01-02T03:04:05+00:00",
    )
    image.erofs_path.write_bytes(b"")
    store.write_manifest(image, base_key, store.manifest_path(state, language.name))
    return image


def silent(_line: str) -> None:
    pass


def test_find_image_returns_what_was_written(guest: Path, language: Language, state: Path) -> None:
    image = put_image(language, state)
    assert find_image(language, state_dir=state) == image
    assert list_images(state) == [image]


def test_state_folder_can_be_moved(guest: Path, language: Language, state: Path) -> None:
    put_image(language, state)
    moved = state.rename(state.with_name("moved"))
    assert find_image(language, state_dir=moved).erofs_path.parent == moved / "images"


def test_missing_image_says_how_to_build_it(guest: Path, language: Language, state: Path) -> None:
    with pytest.raises(ImageError, match="sandbox images build python"):
        find_image(language, state_dir=state)
    assert list_images(state) == []


def test_image_whose_file_is_gone_says_how_to_build_it(guest: Path, language: Language, state: Path) -> None:
    put_image(language, state).erofs_path.unlink()
    with pytest.raises(ImageError, match=r"is gone.*sandbox images build python"):
        find_image(language, state_dir=state)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"language": 1}', "\x00"])
def test_damaged_manifest_counts_as_no_image(text: str, guest: Path, language: Language, state: Path) -> None:
    (state / "images" / "python.json").write_text(text)
    with pytest.raises(ImageError, match="no image"):
        find_image(language, state_dir=state)


CHANGES: dict[str, Callable[[Path, Path], object]] = {
    "a guest file changed": lambda guest, _: (guest / "__main__.py").write_text("print(2)\n"),
    "a guest file is new": lambda guest, _: (guest / "b.py").write_text(""),
    "a guest file is gone": lambda guest, _: (guest / "sub" / "a.py").unlink(),
    "a guest file was renamed": lambda guest, _: (guest / "sub" / "a.py").rename(guest / "sub" / "b.py"),
    "the definition changed": lambda _, folder: (folder / "language.toml").write_text("# x\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_image_is_stale_when_its_recipe_changed(
    change: Callable[[Path, Path], object], guest: Path, language: Language, state: Path
) -> None:
    put_image(language, state)
    change(guest, language.folder)
    with pytest.raises(ImageError, match=r"stale.*sandbox images build python"):
        find_image(language, state_dir=state)


def test_byte_code_of_the_host_is_no_part_of_the_recipe(guest: Path, language: Language, state: Path) -> None:
    image = put_image(language, state)
    (guest / "__pycache__").mkdir()
    (guest / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"x")
    assert find_image(language, state_dir=state) == image


def test_base_is_part_of_the_recipe(guest: Path, language: Language) -> None:
    assert recipe.recipe_digest(language, "one") != recipe.recipe_digest(language, "two")


def test_parts_of_a_digest_cannot_flow_into_each_other() -> None:
    assert recipe._digest("ab", "c") != recipe._digest("a", "bc")


def test_build_of_what_is_up_to_date_runs_nothing(
    guest: Path, language: Language, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = put_image(language, state, base_key=recipe.Base.from_packages(language).key)
    monkeypatch.setattr(tools.subprocess, "run", lambda *_, **__: pytest.fail("ran a tool"))
    assert build_erofs(language, state_dir=state, report=silent) == image


def test_build_without_root_says_so(
    guest: Path, language: Language, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erofs.os, "geteuid", lambda: 1000)
    with pytest.raises(ImageError, match="needs root"):
        build_erofs(language, state_dir=state, report=silent)


def test_build_without_mkfs_says_what_to_install(
    guest: Path, language: Language, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erofs.os, "geteuid", lambda: 0)
    monkeypatch.setattr(erofs.shutil, "which", lambda _: None)
    with pytest.raises(ImageError, match=r"mkfs\.erofs is missing: make install"):
        build_erofs(language, state_dir=state, report=silent)


def test_build_with_a_base_that_does_not_exist(guest: Path, language: Language, state: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        build_erofs(language, state_dir=state, report=silent, base_tar=tmp_path / "none.tar")


def test_second_build_waits_for_the_first(guest: Path, language: Language, state: Path) -> None:
    lines: list[str] = []
    with (state / "images.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def release(line: str) -> None:
            lines.append(line)
            fcntl.flock(lock, fcntl.LOCK_UN)

        with store.locked(state, release):
            pass
    assert lines == ["another build is running: waiting for it"]


def test_tool_that_fails_shows_its_last_lines_and_the_advice() -> None:
    with pytest.raises(ImageError, match=r"(?s)the step failed \(exit code 3\).*  line 30.*do this") as caught:
        tools.run(["bash", "-c", "for i in $(seq 30); do echo line $i; done; exit 3"], "the step", "do this")
    assert "line 1\n" not in str(caught.value)


def test_tool_that_is_missing_is_named() -> None:
    with pytest.raises(ImageError, match="no-such-tool"):
        tools.run(["no-such-tool"], "the step", "do this")


def test_full_disk_is_named() -> None:
    with pytest.raises(ImageError, match="disk is full"):
        tools.run(["bash", "-c", "echo 'tar: write error: No space left on device'; exit 1"], "the step", "")


def test_old_images_go_but_the_previous_one_stays(tmp_path: Path) -> None:
    kept = [tmp_path / f"python-{letter * 12}.erofs" for letter in "ab"]
    other = [tmp_path / "python-extra-000000000000.erofs", tmp_path / "python.json"]
    old = tmp_path / f"python-{'c' * 12}.erofs"
    for path in (*kept, *other, old):
        path.touch()
    erofs._remove_old(tmp_path, "python", keep=set(kept))
    assert not old.exists()
    assert all(path.exists() for path in (*kept, *other))


def test_tidy_tree_has_no_setuid_files_no_pipes_and_the_mount_points(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "su").touch()
    (tmp_path / "bin" / "su").chmod(0o4755)
    os.mkfifo(tmp_path / "bin" / "pipe")
    erofs._tidy(tmp_path)
    assert (tmp_path / "bin" / "su").stat().st_mode & 0o7777 == 0o755
    assert not (tmp_path / "bin" / "pipe").exists()
    assert (tmp_path / "tmp").stat().st_mode & 0o7777 == 0o1777
    assert all((tmp_path / name).is_dir() for name in ("proc", "sys", "dev/shm", "opt/sandbox/guest"))


def test_base_with_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "etc").symlink_to("/etc")
    with pytest.raises(ImageError, match="leads elsewhere"):
        erofs._tidy(root)


def test_guest_is_copied_readable_and_without_byte_code(guest: Path, tmp_path: Path) -> None:
    (guest / "__pycache__").mkdir()
    (guest / "__pycache__" / "a.pyc").touch()
    (guest / "__main__.py").chmod(0o600)
    target = tmp_path / "target"
    target.mkdir()
    erofs._copy_guest(guest, target)
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*")) == [
        "__main__.py",
        "sub",
        "sub/a.py",
    ]
    assert (target / "__main__.py").stat().st_mode & 0o777 == 0o644


def test_docker_image_needs_a_checkout(language: Language, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="checkout"):
        build_docker(language, repo_root=tmp_path, base=None, report=silent)


class FakeEngine:
    """In place of a Docker Engine: it knows what tags there are, newest first, and takes note of what it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tags: dict[str, str]) -> None:
        self.tags = tags
        self.failing: set[str] = set()
        self.removed: list[str] = []
        monkeypatch.setattr(engine, "run", self.run)
        monkeypatch.setattr(engine, "_docker_has", lambda reference: reference.partition(":")[2] in self.tags)

    def run(self, command: Sequence[str], what: str, _advice: str) -> str:
        if what in self.failing:
            raise ImageError(f"{what} failed")
        match command[1:]:
            case ["build", *options]:
                tag = options[options.index("-t") + 1].partition(":")[2]
                self.tags = {tag: "f" * 12, **self.tags}
            case ["tag", tag, latest]:
                self.tags[latest.partition(":")[2]] = self.tags[tag.partition(":")[2]]
            case ["image", "ls", *_, "sandbox-python"]:
                return "".join(f"{tag} {image}\n" for tag, image in self.tags.items())
            case ["rmi", *tags]:
                self.removed += tags
        return "said"


OLD, OLDER, NAMED = "a" * 12, "b" * 12, "v1"


@pytest.fixture
def checkout(guest: Path, language: Language, tmp_path: Path) -> Path:
    (language.folder / "Dockerfile").touch()
    (tmp_path / "checkout" / "sandbox" / "guest").mkdir(parents=True)
    return tmp_path / "checkout"


def build_for(fake: FakeEngine, language: Language, checkout: Path) -> str:
    tag = build_docker(language, repo_root=checkout, base="any", report=silent)
    assert fake.tags["latest"] == fake.tags[tag.partition(":")[2]]
    return tag


def test_old_docker_tags_go_but_the_previous_one_stays(
    language: Language, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The newest is not the previous one when the one before it was wanted again.
    fake = FakeEngine(monkeypatch, {OLD: "1" * 12, OLDER: "2" * 12, NAMED: "3" * 12, "latest": "2" * 12})
    tag = build_for(fake, language, checkout)
    assert fake.removed == [f"sandbox-python:{OLD}"]
    fake.removed.clear()
    assert build_for(fake, language, checkout) == tag
    assert fake.removed == []


@pytest.mark.parametrize("latest", [{}, {"latest": "9" * 12}], ids=["no latest", "latest is of others"])
def test_docker_tags_stay_when_none_of_them_is_known_to_be_the_previous_one(
    latest: dict[str, str], language: Language, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeEngine(monkeypatch, {OLD: "1" * 12, OLDER: "2" * 12, **latest})
    build_for(fake, language, checkout)
    assert fake.removed == []


@pytest.mark.parametrize("step", ["docker image ls", "docker rmi"])
def test_docker_image_is_built_though_old_tags_cannot_be_removed(
    step: str, language: Language, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeEngine(monkeypatch, {OLD: "1" * 12, OLDER: "2" * 12, "latest": "1" * 12})
    fake.failing.add(step)
    assert build_for(fake, language, checkout) in {f"sandbox-python:{tag}" for tag in fake.tags}


def test_definition_and_dockerfile_start_the_same_guest() -> None:
    folder = data_dir("images") / "python"
    entrypoint = (folder / "Dockerfile").read_text().split("ENTRYPOINT ")[1].splitlines()[0]
    assert tuple(json.loads(entrypoint)) == load_language(folder).command


def test_languages_are_chosen_by_name() -> None:
    folder = data_dir("images")
    assert list(choose_languages(folder, [])) == ["python"]
    assert list(choose_languages(folder, ["python", "python-numpy", "python"])) == ["python", "python-numpy"]
    with pytest.raises(ImageError, match="no language 'cobol'"):
        choose_languages(folder, ["cobol"])
