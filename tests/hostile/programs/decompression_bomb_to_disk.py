# verdict: PASSED
# cause: ALL_TESTS_PASSED
# fault: NONE
# attack: unpacks an archive that is larger than the disk; must see ENOSPC
# limits: disk_bytes=8388608
import errno
import io
import zipfile

packed = io.BytesIO()
with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("big", bytes(32 << 20))
try:
    zipfile.ZipFile(packed).extractall("/tmp")
except OSError as error:
    assert error.errno == errno.ENOSPC, error
else:
    raise AssertionError("all of it was written")
