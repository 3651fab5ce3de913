"""Every error of the house, in one tree.

ModelsearchError
+-- InputError                what the user gave is wrong: exit code 2, nothing spent
|   +-- TaskFileError         a task spec or its items
|   +-- CatalogError          a catalogue file, or what a source of the catalogue tells
|   |   +-- FetchError        a source of the catalogue that cannot be had
|   +-- PlanError             a plan, or a strategy's parameters
|   +-- RegistryError         an unknown strategy, scorer or dialect; a plug-in that does not import; equal names
|   +-- BaselineError         unknown, without a price, or without outcomes
|   +-- BudgetError           zero, negative, not a number
|   +-- OptionError           any other command line option or argument of `search`
|   +-- KeyMissingError       a provider's key is not in the environment
|   +-- EmptyPoolError        constraints leave no candidate
|   +-- FeedbackError         production feedback that cannot be read, or whose key is not set
|   +-- RunNotFoundError      no such run, or not a run directory
|   +-- RecordedTableError    a recorded table that breaks its contract
|   +-- OutcomesFileError     an export of outcomes that is none, or that nobody should believe
|   +-- LogFileError          a log of another tool that cannot be read
|   +-- ShadowedPackageError  `flows` or `tasks` imported from elsewhere
+-- ScoringError              an answer could not be scored, through no fault of its own; it stays without a score
+-- PriceUnknownError         tokens were used for which no price is known
+-- StoppedError              the search had to stop and can be resumed: exit code 3
|   +-- AuthenticationError   a provider refuses the key
|   +-- QuotaError            a provider says there is no money or quota left
|   +-- NoAnswerError         nobody answers, or the baseline does not
|   +-- BatchPendingError     batches are under way at a provider: resume later
|   +-- OverbilledError       a provider billed more than the bound that was reserved
|   +-- DatabaseDownError     the database that the workers share does not answer
+-- StoreError                a run that cannot be used: exit code 2
    +-- RunLockedError        another process has the run open
    +-- NightLockedError      another process works on a night of the task
    +-- ClaimLostError        a piece of work that another worker has taken over
    +-- JournalError          a journal that cannot be read
    |   +-- JournalWriteError a journal that cannot be appended to: exit code 3
    +-- FileWriteError        a file that the disk does not take: exit code 3
    +-- StorageError          an object store that does not answer or refuses: exit code 3
    |   +-- ObjectMissingError  no such file in it
    |   +-- ObjectChangedError  another machine has replaced the file meanwhile
    +-- LedgerError           settle or release without a reservation

A message says what is wrong, whose it is, what is allowed, what it got, and what to do. No message holds a key.
"""


class ModelsearchError(Exception):
    """Root of all errors raised on purpose."""

    exit_code = 1


class InputError(ModelsearchError):
    """The user's input is wrong; nothing was spent."""

    exit_code = 2


class TaskFileError(InputError):
    """A task spec or its items cannot be used."""


class CatalogError(InputError):
    """A catalogue file is invalid, or what a source of the catalogue tells is no listing."""


class FetchError(CatalogError):
    """A source of the catalogue cannot be had; what it said before stays in force."""


class PlanError(InputError):
    """A plan or a strategy's parameters are invalid."""


class RegistryError(InputError):
    """A registered name is unknown, taken twice, or its plug-in does not import."""


class BaselineError(InputError):
    """The baseline is unknown, has no price, or no usable outcomes."""


class BudgetError(InputError):
    """The budget is no positive amount."""


class OptionError(InputError):
    """An option or argument is out of range."""


class KeyMissingError(InputError):
    """A provider's key is not set in the environment."""


class EmptyPoolError(InputError):
    """The constraints leave nothing to search."""


class FeedbackError(InputError):
    """Production feedback cannot be read, or its endpoint is not set up."""


class RunNotFoundError(InputError):
    """There is no such run."""


class RecordedTableError(InputError):
    """A recorded table breaks its contract."""


class OutcomesFileError(InputError):
    """An export of outcomes cannot be used, or should not be believed."""


class LogFileError(InputError):
    """A log of another tool cannot be read, or holds nothing that can be used."""


class ShadowedPackageError(InputError):
    """The imported `flows` or `tasks` is not ours."""


class ScoringError(ModelsearchError):
    """An answer could not be scored: a fault of the scorer, never a score of 0."""


class PriceUnknownError(ModelsearchError):
    """Tokens were used for which no price is known; an unknown price is never taken as 0."""

    def __init__(self, *, kind: str, endpoint_id: str = "?") -> None:
        super().__init__(f"price of {kind!r} at endpoint {endpoint_id!r} is unknown: add a rate to the catalogue")
        self.kind = kind
        self.endpoint_id = endpoint_id


class StoppedError(ModelsearchError):
    """The search stopped before its end; everything paid is kept and `modelsearch resume` goes on.

    Attributes:
        is_perhaps_billed: the call that said so was answered with a success status, so it may be on the bill.
    """

    exit_code = 3
    is_perhaps_billed = False


class AuthenticationError(StoppedError):
    """A provider refuses the key."""


class QuotaError(StoppedError):
    """A provider says that there is no money or quota left."""


class NoAnswerError(StoppedError):
    """Nobody answers, or the baseline does not: there is nothing to compare with."""


class BatchPendingError(StoppedError):
    """Batches are under way at a provider; whoever resumes the search later collects them."""


class OverbilledError(StoppedError):
    """A provider billed more than the reserved upper bound."""


class DatabaseDownError(StoppedError):
    """The database that the workers share does not answer; nothing can be bought without it."""


class StoreError(ModelsearchError):
    """A run directory cannot be used; nothing was spent."""

    exit_code = 2


class RunLockedError(StoreError):
    """Another process has the run open."""


class NightLockedError(StoreError):
    """Another process works on a night of the task."""


class ClaimLostError(StoreError):
    """A piece of work that was ours is another worker's now: we were silent for longer than the lease."""


class JournalError(StoreError):
    """A journal cannot be read, or belongs to another search."""


class JournalWriteError(JournalError):
    """A journal cannot be appended to; everything before is kept and `modelsearch resume` goes on."""

    exit_code = 3


class FileWriteError(StoreError):
    """The disk does not take a file; the journal is kept and `modelsearch resume` goes on."""

    exit_code = 3


class StorageError(StoreError):
    """An object store does not answer, or refuses; what is on the disk is kept and `modelsearch resume` goes on."""

    exit_code = 3


class ObjectMissingError(StorageError):
    """There is no such file in the store."""


class ObjectChangedError(StorageError):
    """Another machine has replaced a file of the store since it was read."""


class LedgerError(StoreError):
    """A settle or release names no open reservation: a fault of ours."""

    exit_code = 1
