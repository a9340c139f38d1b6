"""Tells whether a folder lies on a network file system, where SQLite's WAL is unsafe."""

from __future__ import annotations

from pathlib import Path

from voltlake.errors import NetworkMount

__all__ = ["file_system_of", "refuse_network_mount"]

MOUNTS = Path("/proc/mounts")
_NETWORK = {
    "9p", "afs", "ceph", "cifs", "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "smb2", "smb3", "smbfs", "virtiofs",
}  # fmt: skip
_NETWORK_FUSE = {
    "fuse.ceph", "fuse.cifs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs",
    "fuse.smbnetfs", "fuse.sshfs",
}  # fmt: skip


def file_system_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """Return the type of the file system that holds ``folder``; empty where no one says."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    resolved = folder.resolve()
    deepest, kind = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        place = Path(_unescape(fields[1]))
        # Of two mounts on one place the later hides the earlier.
        if resolved.is_relative_to(place) and len(place.parts) >= deepest:
            deepest, kind = len(place.parts), fields[2]
    return kind


def refuse_network_mount(folder: Path, mounts: Path = MOUNTS) -> None:
    """Raise ``NetworkMount`` where ``folder`` is on a network file system."""
    kind = file_system_of(folder, mounts)
    if kind in _NETWORK or kind in _NETWORK_FUSE:
        raise NetworkMount(f"'{folder}' lies on a network file system ({kind})", file=folder)


def _unescape(field: str) -> str:
    """Undo the kernel's octal escapes for blanks in mount points."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, letter)
    return field
