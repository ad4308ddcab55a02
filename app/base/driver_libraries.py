"""NVIDIA's driver and Vulkan's loader, called through ctypes. They may crash this process.

`app.base.graphics_probe` asks them in processes of their own. The numbers are those of cuda.h and
of vulkan_core.h for 64 bits.
"""

from __future__ import annotations

import ctypes as c
import os
import struct
import sys
from collections.abc import Callable, Iterator, Sequence

from app.base.graphics import NVIDIA, Asked, Cuda, CudaCard, Kind, Vulkan, VulkanCard

_CUDA = {"win32": ["nvcuda.dll"]}.get(
    sys.platform, ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"]
)
_VULKAN = {"win32": ["vulkan-1.dll"]}.get(sys.platform, ["libvulkan.so.1"])
_MOST = 64
"""Cards and extensions beyond a sane number are left alone."""


def _library(names: Sequence[str]) -> c.CDLL | None:
    for name in names:
        try:
            return c.CDLL(name)
        except OSError:
            continue
    return None


# --- CUDA -------------------------------------------------------------------------------------

_MAJOR, _MINOR, _INTEGRATED = 75, 76, 18  # CUdevice_attribute
_NO_DEVICE = 100  # CUresult


def cuda() -> Cuda:
    """Return what NVIDIA's driver says."""
    library = _library(_CUDA)
    if library is None:
        return Cuda(Asked.ABSENT)
    version, count = c.c_int(), c.c_int()
    error = library.cuInit(0)
    library.cuDriverGetVersion(c.byref(version))
    error = error or library.cuDeviceGetCount(c.byref(count))
    if error == _NO_DEVICE and "CUDA_VISIBLE_DEVICES" in os.environ:  # the user hides them
        return Cuda(Asked.ANSWERED, 0, version.value)
    if error:
        return Cuda(Asked.REFUSED, error, version.value)
    cards = (_cuda_card(library, ordinal) for ordinal in range(min(count.value, _MOST)))
    return Cuda(Asked.ANSWERED, 0, version.value, tuple(cards))


def _cuda_card(library: c.CDLL, ordinal: int) -> CudaCard:
    device, memory = c.c_int(), c.c_size_t()
    name, pci = c.create_string_buffer(256), c.create_string_buffer(32)
    library.cuDeviceGet(c.byref(device), ordinal)
    library.cuDeviceGetName(name, len(name), device)
    library.cuDeviceTotalMem_v2(c.byref(memory), device)
    library.cuDeviceGetPCIBusId(pci, len(pci), device)

    def attribute(number: int) -> int:
        value = c.c_int()
        library.cuDeviceGetAttribute(c.byref(value), number, device)
        return value.value

    return CudaCard(
        _text(name.raw),
        (attribute(_MAJOR), attribute(_MINOR)),
        memory.value,
        _text(pci.raw).lower(),
        bool(attribute(_INTEGRATED)),
    )


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode(errors="replace")


# --- Vulkan -----------------------------------------------------------------------------------

_INCOMPLETE = 5  # there is more than was asked for
_KINDS = (Kind.OTHER, Kind.INTEGRATED, Kind.DISCRETE, Kind.VIRTUAL, Kind.SOFTWARE)
_LOCAL = 1  # VK_MEMORY_HEAP_DEVICE_LOCAL_BIT
# VkStructureType
_PROPERTIES, _DRIVER, _PCI = 1000059001, 1000196000, 1000212000
_FEATURES, _STORAGE_16_BIT = 1000059000, 1000083000


class _ApplicationInfo(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("next", c.c_void_p),
        ("name", c.c_char_p),
        ("version", c.c_uint32),
        ("engine", c.c_char_p),
        ("engine_version", c.c_uint32),
        ("api", c.c_uint32),
    )


class _InstanceInfo(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("next", c.c_void_p),
        ("flags", c.c_uint32),
        ("application", c.POINTER(_ApplicationInfo)),
        ("layer_count", c.c_uint32),
        ("layers", c.c_void_p),
        ("extension_count", c.c_uint32),
        ("extensions", c.c_void_p),
    )


class _Chained(c.Structure):
    """A structure that Vulkan fills in, by its type; large enough for those that are used."""

    _fields_ = (("type", c.c_int), ("next", c.c_void_p), ("data", c.c_ubyte * 1008))


def vulkan() -> Vulkan:
    """Return what Vulkan's loader says."""
    library = _library(_VULKAN)
    if library is None:
        return Vulkan(Asked.ABSENT)
    packed = c.c_uint32(1 << 22)
    if hasattr(library, "vkEnumerateInstanceVersion"):  # not in 1.0
        library.vkEnumerateInstanceVersion(c.byref(packed))
    version = _api(packed.value)
    application = _ApplicationInfo(api=min(version, (1, 2))[1] << 12 | 1 << 22)
    info = _InstanceInfo(type=1, application=c.pointer(application))
    instance = c.c_void_p()
    error = library.vkCreateInstance(c.byref(info), None, c.byref(instance))
    if error:
        return Vulkan(Asked.REFUSED, error, version)
    count = c.c_uint32(_MOST)
    devices = (c.c_void_p * _MOST)()
    error = library.vkEnumeratePhysicalDevices(instance, c.byref(count), devices)
    if error not in (0, _INCOMPLETE):
        return Vulkan(Asked.REFUSED, error, version)
    found = [device for device in devices[: count.value] if device]
    cards = (_vulkan_card(library, c.c_void_p(device), version) for device in found)
    return Vulkan(Asked.ANSWERED, 0, version, tuple(cards))


def _vulkan_card(library: c.CDLL, device: c.c_void_p, version: tuple[int, int]) -> VulkanCard:
    raw = c.create_string_buffer(2048)  # VkPhysicalDeviceProperties
    library.vkGetPhysicalDeviceProperties(device, raw)
    api, driver, vendor, model, kind = struct.unpack_from("<5I", raw)
    extensions = set(_extensions(library, device))
    ours = min(version, _api(api))
    told, pci, storage = "", "", False
    if ours >= (1, 1):
        get = library.vkGetPhysicalDeviceFeatures2
        # VkPhysicalDevice16BitStorageFeatures.storageBuffer16BitAccess
        storage = _chained(get, device, _FEATURES, _STORAGE_16_BIT)[0] != 0
        get = library.vkGetPhysicalDeviceProperties2
        if "VK_EXT_pci_bus_info" in extensions:  # VkPhysicalDevicePCIBusInfoPropertiesEXT
            where = struct.unpack_from("<4I", _chained(get, device, _PROPERTIES, _PCI))
            pci = "{:04x}:{:02x}:{:02x}.{:x}".format(*where)
        if ours >= (1, 2):  # VkPhysicalDeviceDriverProperties
            data = _chained(get, device, _PROPERTIES, _DRIVER)
            told = f"{_text(data[4:260])} {_text(data[260:516])}".strip()
    return VulkanCard(
        _text(raw.raw[20:276]),
        _KINDS[kind] if kind < len(_KINDS) else Kind.OTHER,
        vendor,
        model,
        _api(api),
        told or _driver_version(vendor, driver),
        _memory(library, device),
        struct.unpack_from("<I", raw, 324)[0],  # limits.maxStorageBufferRange
        "VK_EXT_memory_budget" in extensions,
        storage,
        pci,
    )


def _api(packed: int) -> tuple[int, int]:
    return packed >> 22 & 0x7F, packed >> 12 & 0x3FF


def _driver_version(vendor: int, packed: int) -> str:
    """Return a driver's version, which each vendor packs in a way of its own."""
    if vendor == NVIDIA:
        return f"{packed >> 22}.{packed >> 14 & 0xFF}.{packed >> 6 & 0xFF}"
    return f"{packed >> 22}.{packed >> 12 & 0x3FF}.{packed & 0xFFF}"


def _extensions(library: c.CDLL, device: c.c_void_p) -> Iterator[str]:
    count = c.c_uint32()
    library.vkEnumerateDeviceExtensionProperties(device, None, c.byref(count), None)
    raw = c.create_string_buffer(260 * min(count.value, 4096))  # VkExtensionProperties
    library.vkEnumerateDeviceExtensionProperties(device, None, c.byref(count), raw)
    for start in range(0, len(raw), 260):
        yield _text(raw.raw[start : start + 256])


def _chained(get: Callable[..., None], device: c.c_void_p, kind: int, wanted: int) -> bytes:
    """Return what a device says in a structure that hangs on another one, after its head."""
    answer = _Chained(type=wanted)
    get(device, c.byref(_Chained(type=kind, next=c.cast(c.pointer(answer), c.c_void_p))))
    return bytes(answer.data)


def _memory(library: c.CDLL, device: c.c_void_p) -> int:
    raw = c.create_string_buffer(1024)  # VkPhysicalDeviceMemoryProperties
    library.vkGetPhysicalDeviceMemoryProperties(device, raw)
    (count,) = struct.unpack_from("<I", raw, 260)
    heaps = (struct.unpack_from("<QI", raw, 264 + 16 * i) for i in range(min(count, 16)))
    return max((size for size, flags in heaps if flags & _LOCAL), default=0)
