# benign: writes files and folders to /tmp and reads them again
# shape: whole
# tests: assert @NAME@("text") == "text"
# tests: assert @NAME@("") == ""
import os
import pathlib
import shutil
import sqlite3
import tempfile


def @NAME@(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a", "b")
        path.mkdir(parents=True)
        (path / "c.txt").write_text(text)
        shutil.copytree(path, pathlib.Path(folder, "copy"))
        os.symlink(path, pathlib.Path(folder, "link"))
        database = sqlite3.connect(pathlib.Path(folder, "data"))
        database.execute("create table texts (text)")
        database.execute("insert into texts values (?)", (pathlib.Path(folder, "link", "c.txt").read_text(),))
        return database.execute("select text from texts").fetchone()[0]
