"""Opening an .npz archive of named arrays that anybody may have made."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from playground_amp.errors import UserError
from playground_amp.files import ARCHIVE_ERRORS, require_modest


@contextmanager
def opened_arrays(path: Path, what: str) -> Iterator[np.lib.npyio.NpzFile]:
    """The named arrays of an archive; `what` says what it should be, for the error.

    Raises UserError if it is none or is damaged, also where that shows only when an array is read.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile) or archive.zip is None:
                raise UserError(f"{path} is no {what}: expected an .npz archive of named arrays, found one array")
            require_modest(archive.zip)
            yield archive
    except ARCHIVE_ERRORS as error:
        # NumPy's own words for a file of another kind advise to open it as a pickle.
        reason = str(error).partition("\n")[0] if zipfile.is_zipfile(path) else "no .npz archive"
        raise UserError(f"{path} is no {what}, or damaged: {reason}") from error
