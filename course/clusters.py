"""Clusters that work can be spread over: joblib's own backends, by their names."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

from course.errors import CourseError
from course.workers import Unfit

PATIENCE = 10
"""Seconds until a scheduler that does not answer, or has no workers, is given up."""


@contextmanager
def cluster(backend: str = "loky", scheduler: str | None = None) -> Iterator[None]:
    """While this lasts, `spread` hands work to this backend: loky is the processes of this machine.

    `scheduler` is a cluster's address, such as tcp://10.0.0.1:8786. Raises CourseError where there is no such backend,
    it is not installed, or its scheduler cannot be reached.
    """
    if backend not in BACKENDS:
        raise CourseError(f"--backend “{backend}”: there are {', '.join(BACKENDS)}")
    if backend == "loky" and scheduler:
        raise CourseError(f"--scheduler {scheduler}: say --backend dask or --backend ray beside it")
    if backend != "loky" and not scheduler:
        raise CourseError(f"--backend {backend}: say where its scheduler is, as in --scheduler {EXAMPLES[backend]}")
    with BACKENDS[backend](scheduler or ""):
        yield


def _loky(scheduler: str) -> AbstractContextManager[None]:
    return nullcontext()  # is what joblib does unless told otherwise


@contextmanager
def _dask(scheduler: str) -> Iterator[None]:
    try:
        import distributed
    except ImportError:
        raise CourseError("--backend dask: Dask is not installed; pip install 'handprop[dask]'") from None
    import joblib

    try:
        asyncio.run(asyncio.wait_for(_reach(scheduler), PATIENCE))
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, TimeoutError) as error:
        raise CourseError(f"--scheduler {scheduler}: no Dask scheduler answers there: {_one_line(error)}") from None
    with _own_messages_only(), client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError):
            raise CourseError(
                f"--scheduler {scheduler}: it has no workers; start some with: "
                f"dask worker {scheduler} --nworkers auto --nthreads 1"
            ) from None
        with joblib.parallel_config(backend=_dask_backend(client)):
            yield


@contextmanager
def _own_messages_only() -> Iterator[None]:
    """What Dask's client logs of work that is given up, tracebacks among it, is not for whoever runs handprop."""
    loggers = [logging.getLogger(name) for name in ("distributed.client", "tornado.application", "asyncio")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


async def _reach(scheduler: str) -> None:
    """Raises OSError or ValueError where no scheduler is: a client that cannot connect takes long to give up."""
    from distributed.comm import connect
    from distributed.security import Security

    comm = await connect(scheduler, timeout=PATIENCE, **Security().get_connection_args("client"))
    await comm.close()


class _Lost(NamedTuple):
    """Stands for the result of work that came back as neither a result nor an error of its own."""

    error: BaseException | None


def _dask_backend(client: Any) -> Any:
    from joblib._dask import DaskDistributedBackend

    class Dask(DaskDistributedBackend):  # type: ignore[misc]
        """joblib's backend for Dask, which alone waits for ever for work whose worker was lost."""

        def submit(self, func: Any, callback: Callable[[object], None]) -> Any:
            future: Future[object] = super().submit(func, callback)
            future.add_done_callback(lambda done: callback(_Lost(done.exception())) if done.exception() else None)
            return future

        def retrieve_result_callback(self, out: object) -> object:
            if isinstance(out, _Lost):
                raise Unfit(_lost(out.error))
            if isinstance(out, CancelledError):
                raise Unfit(_lost(out))
            return super().retrieve_result_callback(out)

    return Dask(client=client)


def _lost(error: BaseException | None) -> str:
    again = "then run the same command again"
    if isinstance(error, ImportError | AttributeError) or "deserializ" in str(error):
        return (
            f"the cluster's scheduler or a worker cannot load handprop ({_one_line(error)[:80]}…); "
            f"install there what is here, start them anew, {again}"
        )
    if type(error).__name__ == "KilledWorker":
        return (
            "workers of the cluster were stopped one after another at the same piece of work, most likely because "
            f"memory ran out; give each worker more (dask worker --memory-limit), {again}"
        )
    return f"the cluster lost a piece of work ({_one_line(error)}); see what its scheduler says, {again}"


@contextmanager
def _ray(scheduler: str) -> Iterator[None]:
    try:
        import ray
        from ray.util.joblib import register_ray
    except ImportError:
        raise CourseError("--backend ray: Ray is not installed; pip install ray") from None
    import joblib

    host, _, port = scheduler.rpartition(":")
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()  # Ray itself takes minutes to give up
        ray.init(address=scheduler, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        raise CourseError(f"--scheduler {scheduler}: no Ray cluster answers there: {_one_line(error)}") from None
    try:
        register_ray()
        with joblib.parallel_config(backend="ray"):
            yield
    finally:
        ray.shutdown()


def _one_line(error: BaseException | None) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


BACKENDS: dict[str, Callable[[str], AbstractContextManager[None]]] = {"loky": _loky, "dask": _dask, "ray": _ray}
EXAMPLES = {"dask": "tcp://10.0.0.1:8786", "ray": "10.0.0.1:6379"}
