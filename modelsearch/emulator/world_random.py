"""Random numbers that are a function of names alone, so that a world is the same whatever part of it is asked first."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]
_GAMMA = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def hash_of(text: str) -> int:
    """64 bits of a name."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def hashes_of(names: Sequence[str]) -> Hashes:
    """(n_names,) 64 bits each."""
    return np.array([hash_of(name) for name in names], dtype=np.uint64)


def uniforms(label: str, names: Hashes) -> Floats:
    """(n_names,) uniform numbers in (0, 1): one for each pair of label and name.

    Source: Steele, Lea & Flood 2014, splitmix64, doi:10.1145/2660193.2660195 (its mixing function).
    """
    z = names + np.uint64((hash_of(label) * _GAMMA) & _MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.asarray(((z >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53, dtype=np.float64)


def normals(label: str, names: Hashes) -> Floats:
    """(n_names,) standard normal numbers (Box and Muller 1958, doi:10.1214/aoms/1177706645)."""
    radius = np.sqrt(-2.0 * np.log(uniforms(f"{label}/radius", names)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniforms(f"{label}/angle", names)), dtype=np.float64)


def uniform(label: str, name: str) -> float:
    """One uniform number in (0, 1)."""
    return float(uniforms(label, hashes_of([name]))[0])


def normal(label: str, name: str) -> float:
    """One standard normal number."""
    return float(normals(label, hashes_of([name]))[0])
