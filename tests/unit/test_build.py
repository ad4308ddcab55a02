"""The pure parts of the scripts that build the packages."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import struct
import sys
import tarfile
from pathlib import Path

import pytest

from app.cli import _parser
from installers import build, icons, linux_needs, llama, rpm, vulkan_tools
from installers import linux_package as package


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_llama_cpp_is_built_for_every_processor(platform: str) -> None:
    source = Path("/a folder/llama")
    told = llama.cmake_args(["vulkan", "cuda"], source, platform, "-DOWN='a b'")
    flags = shlex.split(told)
    assert {"-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON", "-DGGML_NATIVE=OFF"} < {*flags}
    assert {"-DGGML_VULKAN=ON", "-DGGML_CUDA=ON", "-DLLAVA_BUILD=OFF", "-DOWN=a b"} < {*flags}
    assert (f"-DCMAKE_CXX_FLAGS=-ffile-prefix-map={source}=." in flags) == (platform != "win32")


def test_each_library_of_llama_cpp_is_taken_once_under_the_name_that_is_asked_for() -> None:
    take = llama.libraries
    stems = ("libggml", "libggml-base", "libllama")
    wheel = [f"{stem}.so{version}" for stem in stems for version in ("", ".0", ".0.25.3")]
    wheel += ["libggml-cpu-zen4.so", "libggml-vulkan.so", "libmtmd.so", "__init__.py"]
    assert take(wheel) == [
        *("libggml-base.so.0", "libggml-cpu-zen4.so", "libggml-vulkan.so"),
        *("libggml.so.0", "libllama.so"),
    ]
    mac = [f"{stem}{version}.dylib" for stem in stems for version in ("", ".0", ".0.25.3")]
    assert take([*mac, "libggml-metal.so"]) == [
        *("libggml-base.0.dylib", "libggml-metal.so", "libggml.0.dylib", "libllama.dylib"),
    ]
    windows = ["ggml-base.dll", "ggml-cpu-haswell.dll", "ggml.dll", "llama.dll"]
    assert take([*windows, "ggml.lib", "llama.lib"]) == windows


def test_a_shader_compiler_that_knows_too_little_is_refused() -> None:
    said = "  -- Vulkan found\n" + "".join(
        f"  -- {name} supported by glslc\n" for name in vulkan_tools.NEEDED
    )
    vulkan_tools.check_configured(f"{said}  -- GL_EXT_bfloat16 not supported by glslc\n")
    for name in vulkan_tools.NEEDED:
        for worse in (said.replace(f"{name} ", f"{name} not "), said.replace(name, "GL_X")):
            with pytest.raises(vulkan_tools.ShaderError, match=name):
                vulkan_tools.check_configured(worse)


def test_a_vulkan_library_without_fast_shaders_is_refused() -> None:
    library = b"\x7fELF" + b"".join(name.encode() + b"\0\0" for name in vulkan_tools.SHADERS * 2)
    assert vulkan_tools.check_library(library) == dict.fromkeys(vulkan_tools.SHADERS, 2)
    # One that only asks the driver for it names it otherwise.
    library = library.replace(b"SPV_NV_cooperative_matrix2", b"VK_NV_cooperative_matrix2")
    with pytest.raises(vulkan_tools.ShaderError, match="SPV_NV_cooperative_matrix2"):
        vulkan_tools.check_library(library)


def test_a_package_of_debian_is_unpacked_without_its_tools(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        told = tarfile.TarInfo("./usr/bin/glslc")
        told.size, told.mode = 3, 0o755
        archive.addfile(told, io.BytesIO(b"ELF"))
    package = b"!<arch>\n"
    for name, data in (("debian-binary", b"2.0"), ("data.tar.xz", packed.getvalue())):
        package += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data
        package += b"\n" * (len(data) % 2)
    vulkan_tools.unpack(package, tmp_path)
    program = tmp_path / "usr/bin/glslc"
    assert program.read_bytes() == b"ELF"
    assert sys.platform == "win32" or program.stat().st_mode & 0o111


def test_an_rpm_asks_for_what_it_does_not_bring_by_the_names_of_libraries() -> None:
    def described(path: str, name: str, needed: str, versions: str) -> str:
        lines = "".join(f"  NEEDED               {each}\n" for each in needed.split())
        told = "".join(f"    0x0 0x00 02 {each}\n" for each in versions.split())
        return (
            f"\n{path}:     file format elf64-x86-64\n\nDynamic Section:\n{lines}"
            + (f"  SONAME               {name}\n" if name else "")
            + f"\nVersion References:\n  required from libc.so.6:\n{told}"
        )

    found = [
        *linux_needs.read(
            described("/a b/fireside", "", "libxcb.so.1 libssl.so.3 libc.so.6", "GLIBC_2.9")
            + described("/a b/libssl.so.3", "libssl.so.3", "libc.so.6", "GLIBC_2.36 GLIBC_PRIVATE")
            + described("/a b/libggml-vulkan.so", "", "libvulkan.so.1 libc.so.6", "GLIBC_2.38")
            + described("/a b/libqgtk3.so", "", "libgtk-3.so.0 ld-linux-x86-64.so.2", "")
        )
    ]
    assert [binary.path.name for binary in found][::3] == ["fireside", "libqgtk3.so"]
    assert {*rpm.relations(found)} == {
        "Requires: libc.so.6()(64bit)",
        "Requires: libc.so.6(GLIBC_2.36)(64bit)",
        "Requires: libxcb.so.1()(64bit)",
        "Recommends: libvulkan.so.1()(64bit)",
        "Suggests: libgtk-3.so.0()(64bit)",
    }


def test_the_table_of_sizes_names_each_part_and_adds_up(tmp_path: Path) -> None:
    for name, size in {
        "fireside": 9_000_000,
        "_internal/llama_cpp/lib/libggml-cpu-zen4.so": 1_500_000,
        "_internal/llama_cpp/lib/libggml-cpu-x64.so": 900_000,
        "_internal/PySide6/Qt/lib/libicudata.so.73": 32_000_000,
        "_internal/tiktoken/_tiktoken.so": 2_800_000,
        "_internal/tqdm-4.dist-info/METADATA": 10,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    (tmp_path / "_internal/libicudata.so.73").symlink_to("PySide6/Qt/lib/libicudata.so.73")
    rows = [line.split(maxsplit=1) for line in build.table(tmp_path)]
    assert rows == [
        ["32.0", "Qt: ICU"],
        ["9.0", "Fireside and what is pure Python"],
        ["2.8", "tiktoken"],
        ["2.4", "llama.cpp: the processor, in all variants"],
        ["0.0", "the rest"],
        ["46.2", "in all"],
    ]


def test_an_icon_file_has_every_picture_where_its_head_says() -> None:
    pictures = {16: b"small", 256: b"a large one"}
    data = icons.ico(pictures)
    assert struct.unpack_from("<HHH", data) == (0, 1, 2)
    for number, (side, picture) in enumerate(pictures.items()):
        entry = struct.unpack_from("<BBBBHHII", data, 6 + 16 * number)
        assert entry[0] == side % 256
        assert data[entry[7] : entry[7] + entry[6]] == picture
    data = icons.icns({b"ic07": b"picture"})
    assert struct.unpack_from(">4sI4sI", data) == (b"icns", len(data), b"ic07", 15)


@pytest.mark.skipif(sys.platform != "linux", reason="a package of Linux")
def test_the_archive_is_the_same_again_and_brings_what_systems_lack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (
        "\tlibssl.so.3 => /usr/lib/libssl.so.3 (0x1)\n\tlibGL.so.1 => /usr/lib/libGL.so.1 (0x2)\n"
        "\tlibxcb-cursor.so.0 => /lib/libxcb-cursor.so.0 (0x3)\n\tlibvulkan.so.1 => not found\n"
        "\tlibxcb.so.1 => /lib/libxcb.so.1 (0x4)\n\tlibssl.so.3 => /usr/lib/libssl.so.3 (0x5)\n"
    )
    assert package.brought(told) == [Path("/usr/lib/libssl.so.3"), Path("/lib/libxcb-cursor.so.0")]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    monkeypatch.setattr(package, "_said", lambda *command: "")  # as without ldd
    made = []
    for time, names in enumerate([("fireside", "_internal/b", "_internal/a"), ("_internal/a",)]):
        frozen = tmp_path / "frozen"
        (frozen / "_internal/resources").mkdir(parents=True, exist_ok=True)
        (frozen / "_internal/resources/licences.txt").write_text("Head.\n", "utf-8")
        for name in names:
            (frozen / name).unlink(missing_ok=True)
            (frozen / name).write_bytes(name.encode())
            os.utime(frozen / name, (time, time))
        carried = package._carry(frozen, "fireside")
        made.append(
            package.archive(carried, carried.name, tmp_path / "fireside.tar.xz").read_bytes()
        )
    assert made[0] == made[1]
    with tarfile.open(tmp_path / "fireside.tar.xz") as archive:
        found = archive.getnames()
    assert found == sorted(found)
    assert {"fireside/_internal/a", "fireside/fireside", "fireside/LICENSE"} < {*found}


@pytest.mark.skipif(not shutil.which("dpkg"), reason="there is no dpkg")
def test_the_archive_has_the_licences_of_the_libraries_that_it_brings() -> None:
    (library,) = {Path(line.split()[-1]) for line in _loaded("libc.so.6")}
    (found,) = package.of_debian([library, library])
    assert found.name == "libc6"
    assert found.version[0].isdigit()
    assert found.source == "https://sources.debian.org/src/glibc/"
    assert "GNU C Library" in found.text


def _loaded(name: str) -> list[str]:
    """Return this process's loaded libraries of that name, according to the system."""
    return [line for line in Path("/proc/self/maps").read_text().splitlines() if name in line]


def test_a_menu_names_no_model_and_a_double_click_one() -> None:
    assert _parser().parse_args(["--model="]).model is None
    assert _parser().parse_args(["--model=a.gguf"]).model == Path("a.gguf")


def test_what_wasmtime_has_compiled_is_no_library(tmp_path: Path) -> None:
    """It has the same format; Debian's and RPM's tools stumble over it."""
    for system, is_one in ((0, True), (3, True), (200, False)):
        (tmp_path / "file").write_bytes(b"\x7fELF\2\1\1" + bytes([system]) + bytes(56))
        assert linux_needs.is_elf(tmp_path / "file") is is_one
