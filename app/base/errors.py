"""Every error that Fireside raises on purpose.

Each carries facts; `app/wording/errors.py` turns them into sentences. FiresideError has a subclass
for each package, which in turn has one for each kind of failure.
"""

from __future__ import annotations

from inspect import get_annotations
from pathlib import Path
from typing import dataclass_transform


@dataclass_transform(eq_default=False)
class FiresideError(Exception):
    """The base class of Fireside's errors.

    A subclass declares its facts like a dataclass, and is constructed with them; but fifty real
    dataclasses would add 10 ms to every start.
    """

    _facts: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls._facts = (*cls._facts, *get_annotations(cls))

    def __init__(self, *values: object, **named: object) -> None:
        facts = dict(zip(self._facts, values, strict=False)) | named
        for name in self._facts:
            if name not in facts:
                facts[name] = getattr(type(self), name)  # its default
        if len(facts) > len(self._facts) or len(values) > len(self._facts):
            raise TypeError(f"{type(self).__name__} has the facts {self._facts}")
        vars(self).update(facts)
        super().__init__(*(facts[name] for name in self._facts))  # for repr and pickle

    def __str__(self) -> str:
        return repr(self)


class Cancelled(FiresideError):
    """The user cancelled the operation; this is not a failure."""


# --- Models ------------------------------------------------------------------------------------


class ModelError(FiresideError):
    """The file at ``path`` cannot be run."""

    path: Path


class ModelMissing(ModelError):
    """There is no such file."""


class ModelUnreadable(ModelError):
    """The system refuses to read the file; ``reason`` is its message."""

    reason: str


class NotGguf(ModelError):
    """The file is not a GGUF file, or its header is nonsense."""


class ModelTruncated(ModelError):
    """The file ends at ``size`` bytes, while its header promises ``expected``."""

    size: int
    expected: int


class ModelDamaged(ModelError):
    """The file contradicts itself, or has values impossible for a model.

    ``detail`` says where, in llama.cpp's words or similar ones.
    """

    detail: str


class ModelNewer(ModelError):
    """The file was made for a newer llama.cpp; ``detail`` says what this one does not know."""

    detail: str


class ModelForeign(ModelError):
    """A gpt-oss for another program, or an incomplete one.

    ``detail`` says what llama.cpp does not find in it.
    """

    detail: str


class ModelForOllama(ModelError):
    """A gpt-oss that Ollama converted for its own engine: its tensors have other names.

    ``detail`` says what llama.cpp does not find in it.
    """

    detail: str = ""


class ModelRenamed(ModelError):
    """One of ``count`` parts, renamed so that its number, and the other parts, cannot be found."""

    count: int


class UnsupportedArchitecture(ModelError):
    """The file is a GGUF file of a model other than gpt-oss."""

    architecture: str


class NoModel(UnsupportedArchitecture):
    """The file is a companion file: a draft, a projector, an importance matrix, an adapter."""


class ModelTooLarge(ModelError):
    """The model needs ``needed`` bytes of memory, and only ``available`` can be had.

    That is the GPU's memory if ``gpu`` names one, else the machine's. ``fits_otherwise``: it would
    fit without the user's memory settings.
    """

    needed: int
    available: int
    gpu: str = ""
    fits_otherwise: bool = False


class ModelLoadFailed(ModelError):
    """llama.cpp refused the file, or crashed while loading it, for a reason not listed above.

    ``detail`` is its last message.
    """

    detail: str


class NotFinite(ModelError):
    """The weights are damaged: processing a prompt gives infinities or NaN."""


class OutOfMemory(ModelError):
    """There was less memory than planned; ``detail`` is llama.cpp's message.

    ``killed``: the system ended the process, most likely because memory ran out. ``device``: ggml's
    name of the device whose memory it was ("CUDA0", "CPU"); empty if it is unknown.
    """

    detail: str
    killed: bool = False
    device: str = ""


class CacheUnsupported(ModelError):
    """A device cannot use a compact cache (no flash attention)."""


# --- The engine --------------------------------------------------------------------------------


class EngineError(FiresideError):
    """The model's process failed. The next request starts it again."""


class EngineDied(EngineError):
    """The process ended by itself; ``exit_code`` is negative for a signal, None if unknown."""

    exit_code: int | None
    log: str


class GpuLost(EngineDied):
    """It ended because of the GPU ``gpu``, whose name in ggml is ``device``.

    Both are empty if it is not known which. ``full``: another program had taken its memory; else it
    does not work any more.
    """

    gpu: str = ""
    device: str = ""
    full: bool = False


class EngineHung(EngineError):
    """The process was silent for ``seconds``, and was killed."""

    seconds: float


class EngineFailed(EngineError):
    """llama.cpp reported a failure; its process is still running."""

    detail: str


class RequestUnsupported(EngineError):
    """The request needs ``feature``, which this model or engine does not support."""

    feature: str


class EndpointUnknown(EngineError):
    """The model is behind the endpoint ``url``, which this engine does not know.

    It was removed from the list, or the engine has only models in files.
    """

    url: str


class RemoteError(EngineError):
    """The server at ``url`` (`Endpoint.url`) has not answered, or not completely."""

    url: str


class ServerUnreachable(RemoteError):
    """There is no connection to it; ``reason`` is the system's message."""

    reason: str


class ServerNameUnknown(RemoteError):
    """No name server knows its host."""


class ServerSilent(RemoteError):
    """It sent nothing for ``seconds``."""

    seconds: float


class ServerProxyFailed(RemoteError):
    """The proxy ``proxy``, a host and its port, does not lead to it; ``reason`` says why."""

    proxy: str
    reason: str


class ServerAddressInvalid(RemoteError):
    """The ``url``, perhaps as it was typed, is no address of a server."""


class ServerUnsafe(RemoteError):
    """Its certificate is not trusted here, or is another host's; ``reason`` is what TLS says.

    ``problem`` is a word: "host", "expired", "early", "self-signed", "authority", or empty.
    """

    reason: str
    problem: str = ""


class ServerWithoutTls(RemoteError):
    """It answers, but not with TLS, although its address begins with https; ``reason`` as above."""

    reason: str


class ServerUnencrypted(RemoteError):
    """It is on another computer, has no TLS, and the user has not accepted that."""


class ServerMoved(RemoteError):
    """It redirects to ``address``, which is never followed."""

    address: str


class ServerForeign(RemoteError):
    """It answers, but not as OpenAI's API does; ``received`` is the beginning of what it sent."""

    received: str


class ModelListMissing(ServerForeign):
    """It has no list of models at any address where that could be; it may answer all the same."""


class KeyRefused(RemoteError):
    """It wants a key, or another one; ``message`` is its own."""

    message: str


class RemoteModelMissing(RemoteError):
    """It has no model ``model``, or did not load it; ``message`` is its own."""

    model: str
    message: str = ""


class RemoteModelUnloaded(RemoteModelMissing):
    """It has no model loaded at all, and loads none by itself."""


class ServerBusy(RemoteError):
    """It has too much to do; ``message`` is its own.

    ``seconds`` is how long it asks to wait; 0 if it does not say.
    """

    message: str
    seconds: float = 0.0


class ServerLoading(ServerBusy):
    """It is still loading the model."""


class CreditUsedUp(RemoteError):
    """The key's account has no credit left, or its quota is used up; ``message`` is its own."""

    message: str


class RequestRefused(RemoteError):
    """It does not accept the request: ``status`` of HTTP, and its own ``message``.

    ``parameter`` names what it refuses of the request, if it says so: several with commas.
    """

    status: int
    message: str
    parameter: str = ""


class ServerFailed(RemoteError):
    """It has failed: ``status`` of HTTP, 200 if it did so within an answer; its own ``message``."""

    status: int
    message: str


class AnswerCutOff(RemoteError):
    """Its answer ended before its end."""


class AnswerGarbled(RemoteError):
    """After a part of its answer it sent something that belongs to none; ``received`` is that."""

    received: str


class AnswerEmpty(AnswerCutOff):
    """Its answer ended without anything in it, as some do if a prompt is too long."""


class OwnerError(EngineError):
    """Another process of Fireside has the engine: ``holder``, "window" or a command's name."""

    holder: str


class ModelInUse(OwnerError):
    """It has loaded the model ``loaded``, which would have to make room for ``wanted``."""

    loaded: str
    wanted: str


class OwnerOutdated(OwnerError):
    """It runs ``version`` of Fireside, which is another one than this."""

    version: str


class OwnerSilent(OwnerError):
    """It does not respond."""


class AnswerEndless(EngineError):
    """An answer endlessly repeated itself, and was stopped after ``tokens`` tokens."""

    tokens: int


class ContextFull(EngineError):
    """The conversation has ``prompt`` tokens, too many for a context of ``context``.

    Each is 0 if a server does not say.
    """

    prompt: int
    context: int


class SchemaError(EngineError):
    """A JSON schema that an answer, or a call's arguments, has to follow cannot be used.

    ``pointer`` is the place in it, as a JSON pointer (RFC 6901); ``function`` is the function whose
    arguments it describes, empty if it is the answer's.
    """

    pointer: str = ""
    function: str = ""


class SchemaInvalid(SchemaError):
    """It is not JSON, or not a JSON schema; ``reason`` says why."""

    reason: str = ""


class SchemaUnsupported(SchemaError):
    """It uses ``keyword``, which cannot be guaranteed; ``detail`` says what of it, if not all."""

    keyword: str = ""
    detail: str = ""


class SchemaTooLarge(SchemaError):
    """It has more than ``limit`` bytes."""

    limit: int = 0


class SchemaTooComplex(SchemaError):
    """It would take too long to follow; ``detail`` is llguidance's message."""

    detail: str = ""


class SchemaMismatch(SchemaError):
    """An answer was to be continued whose beginning does not follow it."""


class EndpointListError(FiresideError):
    """The list of models on other computers, the file at ``path``, cannot be read or written."""

    path: Path


class EndpointsDamaged(EndpointListError):
    """It is damaged, and what could be read of it is used; ``detail`` says where.

    ``kept`` is where the damaged file is now, None if it is still at ``path``. ``shared``: it is
    the administrator's, which is never changed.
    """

    detail: str
    kept: Path | None = None
    shared: bool = False


class EndpointsUnwritable(EndpointListError):
    """It cannot be written, and is unchanged; ``reason`` is the system's message."""

    reason: str


# --- The local server --------------------------------------------------------------------------


class ServerError(FiresideError):
    """The local server cannot be switched on at ``port``."""

    port: int


class ServerPortTaken(ServerError):
    """Another program listens on the port; ``holder`` is its name, empty if it is not known."""

    holder: str = ""


class ServerUnstartable(ServerError):
    """The port cannot be opened; ``reason`` is the system's message."""

    reason: str = ""


class ServerForbidden(FiresideError):
    """The policy of this computer leaves the local server off."""


# --- The store and the settings ----------------------------------------------------------------


class StoreError(FiresideError):
    """The database at ``path`` cannot be used."""

    path: Path


class StoreNewer(StoreError):
    """Written by a later Fireside: schema ``found``, while this one knows ``known``."""

    found: int
    known: int


class StoreDamaged(StoreError):
    """SQLite cannot read it; ``detail`` is its message."""

    detail: str


class StoreFull(StoreError):
    """The disk is full."""


class StoreReadOnly(StoreError):
    """The file or folder cannot be written to: no permission, or a read-only disk."""


class StoreLocked(StoreError):
    """Another program has locked it."""


class NotResponding(StoreLocked):
    """Another Fireside has it open, and does not respond."""


class SettingsDamaged(FiresideError):
    """Some of the settings at ``path`` could not be read.

    ``lost`` has their names, or "*" for all; ``detail`` says what is wrong; ``kept`` is the path
    the damaged file was renamed to, None if renaming failed.
    """

    path: Path
    lost: tuple[str, ...]
    detail: str
    kept: Path | None


# --- Files of administrators --------------------------------------------------------------------


class SystemFileError(FiresideError):
    """The file at ``path``, by which an administrator sets Fireside up, cannot be used."""

    path: Path


class SystemFileUnreadable(SystemFileError):
    """The system refuses to read it; ``reason`` is its message."""

    reason: str


class SystemFileUnsafe(SystemFileError):
    """Others than administrators and the user can change it."""


class SystemFileBroken(SystemFileError):
    """It is not TOML from ``line`` on; ``detail`` is the parser's message."""

    line: int
    detail: str


class SystemFileKeyUnknown(SystemFileError):
    """In ``line`` it sets ``key``, which this version does not know."""

    line: int
    key: str


class SystemFileValueWrong(SystemFileError):
    """In ``line`` it sets ``key`` to something else than ``wanted``.

    That is "switch", true or false, "folders", a list of absolute paths, or "tables".
    """

    line: int
    key: str
    wanted: str


# --- The hub and the network -------------------------------------------------------------------


class HubError(FiresideError):
    """``file`` of ``repository`` cannot be fetched."""

    repository: str
    file: str


class HubUnreachable(HubError):
    """The hub gave no answer, or an invalid one; ``reason`` says why."""

    reason: str


class HubFailed(HubUnreachable):
    """The hub was reached, but its response is an error or invalid."""


class HubRefused(HubError):
    """The hub refuses access: HTTP ``status`` 401, 403 or similar."""

    status: int


class HubNotFound(HubError):
    """The hub has no such repository, revision or file."""


class HubChanged(HubError):
    """The hub now has a different file under this name."""


class NotOnHub(HubError):
    """The repository no longer has the model ``name``, not even in another conversion."""

    name: str


class DownloadDamaged(HubError):
    """The file was downloaded completely, more than once, and never matched the hub's hash."""


class NoRoom(HubError):
    """The disk of ``path`` has ``free`` bytes free, and ``needed`` more are required."""

    path: Path
    needed: int
    free: int


class DriveMissing(HubError):
    """The drive with the folder ``path`` is not mounted, or the folder is gone."""

    path: Path


class CacheUnwritable(HubError):
    """The folder ``path`` cannot be written to; ``reason`` is the system's message."""

    path: Path
    reason: str


class Offline(FiresideError):
    """The user has switched the network off."""


class UpdatesUnknown(FiresideError):
    """``host`` could not be asked for the newest version of Fireside; ``reason`` says why."""

    host: str
    reason: str


class DepartureRefused(FiresideError):
    """The user did not allow what a request would have sent to ``host``."""

    host: str


# --- MCP servers --------------------------------------------------------------------------------


class McpServerError(FiresideError):
    """The MCP server ``name`` cannot be used."""

    name: str


class McpServerUnapproved(McpServerError):
    """The user has not approved how it starts, or that has changed since."""


class McpServerCommandMissing(McpServerError):
    """There is no program ``command``."""

    command: str


class McpServerUnstartable(McpServerError):
    """The system refuses to start it; ``reason`` is its message."""

    reason: str


class McpServerSilent(McpServerError):
    """It did not answer for ``seconds``."""

    seconds: float


class McpServerEnded(McpServerError):
    """It has ended, or closed the connection; ``detail`` is the end of what it wrote."""

    detail: str = ""


class McpServerFlooding(McpServerError):
    """It sent far more than anybody had asked for, or one message that is too long."""


class McpServerUnreachable(McpServerError):
    """No connection to ``host`` came about; ``reason`` says why."""

    host: str
    reason: str


class McpServerSignInFailed(McpServerError):
    """The user was not signed in; ``reason`` says why."""

    reason: str


class McpServerAddressRefused(McpServerError):
    """An address of the server is not one to which a request may go: ``host``."""

    host: str


class McpServerConfused(McpServerError):
    """It does not speak MCP, or none that is known here; ``reason`` says what was wrong."""

    reason: str


class McpServerInputMissing(McpServerError):
    """Its configuration asks for the values ``missing``, which are not there."""

    missing: tuple[str, ...]


class McpServersUnreadable(FiresideError):
    """A text, or the file ``path``, is no configuration of servers; ``reason`` says why."""

    path: Path | None
    reason: str


# --- Secrets -----------------------------------------------------------------------------------


class SecretError(FiresideError):
    """The secret ``name`` could not be used."""

    name: str


class SecretUnreadable(SecretError):
    """The system's keyring does not return it: it is locked, missing, or does not respond."""


class SecretUnwritable(SecretError):
    """It could not be stored or removed."""


# --- Models on the disk ------------------------------------------------------------------------


class LibraryError(FiresideError):
    """The model's file at ``path`` could not be moved or removed, and is unchanged."""

    path: Path


class FileRefused(LibraryError):
    """The system refuses; ``reason`` is its message."""

    reason: str


class TargetExists(LibraryError):
    """There is another file at ``path``, its destination."""


class TargetFull(LibraryError):
    """The disk of ``path`` has ``free`` bytes free, and ``needed`` are required."""

    needed: int
    free: int


class CopyDiffers(LibraryError):
    """The data written at ``path`` reads back differently: the disk is faulty."""


# --- Import and export -------------------------------------------------------------------------


class ExchangeError(FiresideError):
    """Chats or presets could not be read from or written to the file at ``path``."""

    path: Path


class ExchangeUnreadable(ExchangeError):
    """The system refuses to read it; ``reason`` is its message."""

    reason: str


class ExchangeUnknown(ExchangeError):
    """It has no chats in a format that Fireside knows."""


class ExchangeNoPresets(ExchangeError):
    """It is not a file of presets."""


class ExchangeNotEverything(ExchangeError):
    """It is not an export of everything."""


class ExchangeDamaged(ExchangeError):
    """It violates its format; ``detail`` says where and how."""

    detail: str


class ExchangeNewer(ExchangeError):
    """A later Fireside wrote it in version ``found``; this one knows up to ``known``."""

    found: int
    known: int


class ExchangeTooLarge(ExchangeError):
    """One chat in it has more than ``limit`` characters."""

    limit: int


class ExchangeUnwritable(ExchangeError):
    """It could not be written, and is unchanged; ``reason`` is the system's message."""

    reason: str


# --- Documents ---------------------------------------------------------------------------------


class DocumentError(FiresideError):
    """The attached file at ``path`` gave no text."""

    path: Path


class DocumentUnreadable(DocumentError):
    """The system refuses to read it; ``reason`` is its message."""

    reason: str


class DocumentUnknown(DocumentError):
    """Its type is not one that Fireside reads."""


class DocumentImage(DocumentError):
    """It is a picture, which gpt-oss cannot see."""


class DocumentBroken(DocumentError):
    """It violates its format; ``detail`` is its reader's message."""

    detail: str


class DocumentEncrypted(DocumentError):
    """It can only be opened with a password."""


class DocumentTooLarge(DocumentError):
    """It has more than ``limit`` bytes, as it is or unpacked."""

    limit: int


class DocumentTooLong(DocumentError):
    """Its text has more than ``limit`` characters."""

    limit: int


class DocumentEmpty(DocumentError):
    """It has no text: all of its ``pages`` are pictures, or it has no pages (0)."""

    pages: int


# --- Tools -------------------------------------------------------------------------------------


class ToolsForbidden(FiresideError):
    """The policy of this computer leaves all tools off."""


class CallUnrepeatable(FiresideError):
    """A call cannot be run again.

    ``word`` says why its tool cannot be used, as `Tool.unavailable` does; it is empty otherwise.
    """

    word: str = ""


class PythonError(FiresideError):
    """Python cannot run, and no code has."""


class PythonMissing(PythonError):
    """It is not part of this installation."""


class PythonPreparing(PythonError):
    """It is being compiled for this computer, which takes about ``seconds`` from now."""

    seconds: float


class PythonNeedsMemory(PythonError):
    """To compile it takes ``needed`` bytes of memory, and ``available`` can be had."""

    needed: int
    available: int


class PythonNeedsRoom(PythonError):
    """The disk of ``path`` has ``free`` bytes free, and the compiled module needs ``needed``."""

    path: Path
    needed: int
    free: int


class PythonUnprepared(PythonError):
    """It could not be compiled; ``detail`` says why."""

    detail: str
