"""Floor 0: why something went wrong, one enum per subject.

A reason is a short lower-case word. Its words stand in `nskeys.wording`, where a test holds that every
member has them; in JSON it is written as it is.
"""

from enum import StrEnum
from typing import TypeAlias


class Problem(StrEnum):
    """What is wrong with a file, a text, an archive, a database or a place. One enum, for an error of a
    lower floor hands its problem on to that of a higher one."""

    # --- files
    MISSING = "missing"
    MISSING_FOLDER = "missing_folder"
    NOT_PERMITTED = "not_permitted"
    NOT_A_FILE = "not_a_file"
    NOT_A_FOLDER = "not_a_folder"
    TOO_LARGE = "too_large"
    NO_SPACE = "no_space"
    READ_ONLY = "read_only"
    NAME_TOO_LONG = "name_too_long"
    NAME_TAKEN = "name_taken"
    LINK = "link"
    LINK_LOOP = "link_loop"
    DANGLING_LINK = "dangling_link"
    FOREIGN_LINK = "foreign_link"
    GONE = "gone"
    MOVED_AWAY = "moved_away"
    NO_FLUSH = "no_flush"
    NOT_FLUSHED = "not_flushed"
    NOT_KEPT = "not_kept"
    NOT_READABLE = "not_readable"
    IO_ERROR = "io_error"
    TOO_MANY_OPEN = "too_many_open"
    NO_MEMORY = "no_memory"
    IN_USE = "in_use"
    OTHERS_WRITE = "others_write"
    NO_LOCKS = "no_locks"
    NO_HOME = "no_home"
    NO_WORKING_FOLDER = "no_working_folder"

    # --- texts and values
    EMPTY = "empty"
    NOT_UTF8 = "not_utf8"
    UTF16 = "utf16"
    UTF32 = "utf32"
    NOT_JSON = "not_json"
    JSON_SYNTAX = "json_syntax"
    JSON_DEPTH = "json_depth"
    NOT_TOML = "not_toml"
    DUPLICATE_NAME = "duplicate_name"
    DUPLICATE_COLUMN = "duplicate_column"
    NUMBER = "number"
    WRONG_FIELDS = "wrong_fields"
    WRONG_TYPE = "wrong_type"
    WRONG_VALUE = "wrong_value"
    NOT_CANONICAL = "not_canonical"
    WRONG_SIZE = "wrong_size"
    WRONG_MEMBERS = "wrong_members"
    UNKNOWN_SETTING = "unknown_setting"
    TWICE = "twice"
    CANNOT_CHANGE = "cannot_change"
    ZERO_CHARACTER = "zero_character"
    NOT_BASE64URL = "not_base64url"
    NOT_NFC = "not_nfc"
    BEFORE_1970 = "before_1970"
    TOO_MANY = "too_many"
    TRUNCATED = "truncated"
    HASH = "hash"

    # --- archives, identities and key stores
    NEITHER_ZIP_NOR_AGE = "neither_zip_nor_age"
    OTHER_ZIP = "other_zip"
    MEMBERS = "members"
    CHECKSUM = "checksum"
    PROTECTION = "protection"
    STANZAS = "stanzas"
    STANZA = "stanza"
    RECIPIENT_STANZA = "recipient_stanza"
    SCRYPT_STANZA = "scrypt_stanza"
    KEYS_AND_FACTS = "keys_and_facts"
    KEY_BACKUP = "key_backup"
    DATABASE_COPY = "database_copy"
    NOT_ZIP = "not_zip"
    NOT_GZIP = "not_gzip"
    ROWS_AND_FACTS = "rows_and_facts"
    ROWS_AND_CHECKPOINT = "rows_and_checkpoint"
    ROW_ORDER = "row_order"
    TABLES = "tables"
    LAST_LINE = "last_line"
    SERVER_KEY = "server_key"
    SECOND_READER = "second_reader"
    BARE = "bare"
    NOT_AGE = "not_age"
    AGE_VERSION = "age_version"
    NOT_NSKEYS = "not_nskeys"
    HEADER = "header"
    HEADER_MAC = "header_mac"
    PAYLOAD = "payload"
    WORK_FACTOR = "work_factor"
    WRONG_KEY = "wrong_key"
    NOT_A_PUBLIC_KEY = "not_a_public_key"
    PARAMETERS = "parameters"
    CHANGING = "changing"
    DOES_NOT_OPEN = "does_not_open"
    DIFFERS = "differs"
    KDF = "kdf"
    KDF_COST = "kdf_cost"
    KEK_SIZE = "kek_size"

    # --- databases
    CORRUPT = "corrupt"
    SCHEMA = "schema"
    NOT_BYTES = "not_bytes"
    NOT_HEX = "not_hex"
    NOT_A_COUNT = "not_a_count"
    NOT_A_TIME = "not_a_time"
    NOT_A_KIND = "not_a_kind"
    NOT_A_STAGE = "not_a_stage"
    NOT_A_STATE = "not_a_state"
    NOT_A_ROW = "not_a_row"
    NOT_A_DIGEST = "not_a_digest"
    UNKNOWN_KEY = "unknown_key"
    NOT_A_SCHEMA = "not_a_schema"
    NOT_LISTED = "not_listed"
    NO_CREDENTIAL = "no_credential"
    ID_TAKEN = "id_taken"
    OTHER_TABLES = "other_tables"
    OTHER_ENCODING = "other_encoding"
    NOT_A_DATABASE = "not_a_database"
    CANNOT_OPEN = "cannot_open"
    CONNECTION_LOST = "connection_lost"
    FAILED = "failed"
    NO_SUCH_DATABASE = "no_such_database"
    UNKNOWN_DATABASE = "unknown_database"
    NOT_URL = "not_url"
    OUTCOME_UNKNOWN = "outcome_unknown"
    SHUT_DOWN = "shut_down"
    STATEMENT_TIMEOUT = "statement_timeout"
    IDLE_TIMEOUT = "idle_timeout"
    TRANSACTION_TIMEOUT = "transaction_timeout"
    STANDBY = "standby"
    ROLE_FORBIDDEN = "role_forbidden"
    FULL = "full"
    UNSAFE_LOGIN = "unsafe_login"
    NO_SCHEMA = "no_schema"

    # --- destinations
    NOT_MOUNTED = "not_mounted"
    OTHER_STYLE = "other_style"
    SHARE = "share"
    NO_FILE = "no_file"
    NOT_CONFIGURED = "not_configured"
    UNKNOWN_SCHEME = "unknown_scheme"
    RELATIVE = "relative"
    OTHER_HOST = "other_host"
    UNKNOWN_USER = "unknown_user"
    HAS_PASSWORD = "has_password"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_ANSWER = "no_answer"
    NO_ROUTE = "no_route"
    NO_SFTP = "no_sftp"
    GREETING = "greeting"
    SILENT_AGENT = "silent_agent"
    TOO_MANY_KEYS = "too_many_keys"
    OLD_HOST_KEY = "old_host_key"
    NO_USER = "no_user"
    NOT_SSH = "not_ssh"
    NO_AGREEMENT = "no_agreement"
    HOST_CERTIFICATE = "host_certificate"
    BAD_HOST = "bad_host"
    BAD_USER = "bad_user"
    DOTS = "dots"
    KEY_FILE = "key_file"
    QUOTA = "quota"
    UNKNOWN_HOST = "unknown_host"
    LOGIN = "login"
    NOT_INSTALLED = "not_installed"
    READ_FAILED = "read_failed"
    WRITE_FAILED = "write_failed"

    # --- buckets
    HAS_LOGIN = "has_login"
    BAD_BUCKET = "bad_bucket"
    BAD_PATH = "bad_path"
    BAD_QUERY = "bad_query"
    BAD_ENDPOINT = "bad_endpoint"
    PLAIN_HTTP = "plain_http"
    MISSING_BUCKET = "missing_bucket"
    ACCESS_DENIED = "access_denied"
    UNKNOWN_ACCESS_KEY = "unknown_access_key"
    WRONG_SECRET_KEY = "wrong_secret_key"
    LOGIN_EXPIRED = "login_expired"
    CLOCK_SKEW = "clock_skew"
    WRONG_REGION = "wrong_region"
    NOT_CREATE_ONLY = "not_create_only"
    STILL_THERE = "still_there"
    BUCKET_FULL = "bucket_full"
    NO_LOGIN = "no_login"
    NO_PROFILE = "no_profile"
    LOGIN_INCOMPLETE = "login_incomplete"
    LOGIN_FILE = "login_file"
    NO_INSTANCE_LOGIN = "no_instance_login"
    CA_BUNDLE = "ca_bundle"
    BAD_SETTINGS = "bad_settings"
    CERTIFICATE = "certificate"
    NO_TLS = "no_tls"
    NO_CONNECTION = "no_connection"
    ODD_NAMES = "odd_names"
    BAD_REQUEST = "bad_request"
    VIRTUAL_HOST_ONLY = "virtual_host_only"
    SERVER_ERROR = "server_error"


class SystemProblem(str):
    """A rare error of the operating system, by its name (`ENOTBLK`)."""

    __slots__ = ()


AnyProblem: TypeAlias = Problem | SystemProblem


class ProtectorProblem(StrEnum):
    """Why a protector cannot be used on this machine."""

    UNKNOWN = "unknown"
    NO_DEVICE = "no_device"
    BAD_DEVICE = "bad_device"
    NOT_ROOT = "not_root"
    NO_SYSTEMD_CREDS = "no_systemd_creds"
    SYSTEMD_TOO_OLD = "systemd_too_old"
    LIBRARY_MISSING = "library_missing"
    LOCKED_OUT = "locked_out"
    REGISTER_USED = "register_used"
    DOES_NOT_WORK = "does_not_work"
    NO_URI = "no_uri"
    BAD_URI = "bad_uri"
    PIN_IN_URI = "pin_in_uri"
    MODULE_MISSING = "module_missing"
    NO_TOKEN = "no_token"
    WRONG_TOKEN = "wrong_token"
    SEVERAL_TOKENS = "several_tokens"
    NO_KEY = "no_key"
    SEVERAL_KEYS = "several_keys"
    KEY_LEAVES = "key_leaves"
    NO_MECHANISM = "no_mechanism"
    PIN_LOCKED = "pin_locked"
    PIN_EXPIRED = "pin_expired"
    NO_PIN = "no_pin"
    NOT_INSTALLED = "not_installed"
    NO_ANSWER = "no_answer"


class OwnershipProblem(StrEnum):
    """What lets another user change the home."""

    OTHERS_WRITE = "others_write"
    OTHER_OWNER = "other_owner"


class FieldProblem(StrEnum):
    """What is wrong with a credential's field, or with a cell of an import."""

    EMPTY = "empty"
    NOT_READABLE = "not_readable"
    SEVERAL_LINES = "several_lines"
    ZERO_CHARACTER = "zero_character"
    CONTROL_CHARACTERS = "control_characters"
    NOT_NFC = "not_nfc"
    NOT_TEXT = "not_text"
    TOO_LONG = "too_long"
    NOT_URL = "not_url"
    NOT_DOMAIN_USER = "not_domain_user"
    NOT_HOST_PORT = "not_host_port"
    PASSWORD_IN_URL = "password_in_url"
    KIND_UNKNOWN = "kind_unknown"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    NOT_A_LOGIN = "not_a_login"
    NOT_AN_OBJECT = "not_an_object"
    REFERENCE = "reference"
    WRONG_COLUMNS = "wrong_columns"
    HTML_ENTITY = "html_entity"
    KIND_AMBIGUOUS = "kind_ambiguous"
    STILL_ENCRYPTED = "still_encrypted"

    # --- what is left out of an import unless somebody wants it
    DELETED = "deleted"
    LOOKS_DELETED = "looks_deleted"
    NO_SECRET = "no_secret"
    CHANGED = "changed"


class ImportProblem(StrEnum):
    """Why a file is none of the known exports."""

    # --- texts
    UNKNOWN_FORMAT = "unknown_format"
    ENCRYPTED = "encrypted"
    NOT_REMEMBERED = "not_remembered"
    NO_SUCH_COLUMN = "no_such_column"
    UTF8 = "utf8"
    UTF16 = "utf16"
    UTF32 = "utf32"
    CODE_PAGE = "code_page"
    NOT_IN_ENCODING = "not_in_encoding"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"

    # --- CSV
    FIELD_TOO_LONG = "field_too_long"
    UNTERMINATED_QUOTE = "unterminated_quote"
    QUOTE_IN_FIELD = "quote_in_field"
    PADDED_CELL = "padded_cell"
    STRAY_BACKSLASH = "stray_backslash"

    # --- JSON and XML
    JSON_LINES = "json_lines"
    ONEPIF = "onepif"
    PROTON_JSON = "proton_json"
    WEB_PAGE = "web_page"
    XML = "xml"
    XML_SYNTAX = "xml_syntax"
    XML_ENTITIES = "xml_entities"
    KEEPASS1_XML = "keepass1_xml"
    MREMOTENG = "mremoteng"
    RDCMAN = "rdcman"

    # --- other files
    ZIP = "zip"
    ZIP_DAMAGED = "zip_damaged"
    GZIP = "gzip"
    COMPRESSED = "compressed"
    ARCHIVE = "archive"
    AGE = "age"
    PGP = "pgp"
    OPENSSL = "openssl"
    SQLITE = "sqlite"
    PASSWORD_SAFE = "password_safe"
    SPREADSHEET = "spreadsheet"
    PDF = "pdf"
    KDBX = "kdbx"
    """What reads it is not installed."""
    KDB = "kdb"

    # --- encrypted databases, exports and trees
    KDF_COST = "export_kdf_cost"
    KDBX_DAMAGED = "kdbx_damaged"
    KDBX_VERSION = "kdbx_version"
    KDBX_FAILED = "kdbx_failed"
    KEY_FILE = "key_file"
    NOT_A_TREE = "not_a_tree"
    NO_GPG = "no_gpg"
    NO_GPG_KEY = "no_gpg_key"
    GPG_FAILED = "gpg_failed"
    GOPASS_AGE = "gopass_age"
    ACCOUNT_RESTRICTED = "account_restricted"


class SealProblem(StrEnum):
    """Why a sealed secret does not open."""

    KEY_MISSING = "key_missing"
    TAMPERED = "tampered"


class ForeignReason(StrEnum):
    """Why a backup needs a plain confirmation before it is restored."""

    NOT_VOUCHED = "not_vouched"
    """There is no server key here, so nothing tells whose key signed it."""
    OTHER_SIGNER = "other_signer"
    REPLACED_SIGNER = "replaced_signer"
    """An earlier server key of this server signed it after that key was replaced."""
    EARLIER_SIGNER = "earlier_signer"
    """An earlier server key of this server signed it, and the register does not know it."""
    NAMED_OTHERWISE = "named_otherwise"
    """Another server key signed it than the one that a person named."""
    OTHER_CMDB = "other_cmdb"
    LACKS_KEYS = "lacks_keys"
    UNREACHED = "unreached"


class PasswordProblem(StrEnum):
    """Why a new password cannot be used."""

    EMPTY = "empty"
    DIFFERS = "differs"
    OPENS_KEY_STORE = "opens_key_store"
    OPENS_BACKUP = "opens_backup"
    TOO_LONG = "too_long"
    NOT_TEXT = "not_text"
    WEAK = "weak"


class HintProblem(StrEnum):
    """Why a hint cannot be used."""

    CONTAINS_PASSWORD = "contains_password"
    TOO_LONG = "too_long"
    CONTROL_CHARACTERS = "control_characters"
    NOT_NFC = "not_nfc"


class SecretProblem(StrEnum):
    """Why a secret that was given could not be taken."""

    FILE_REFUSED = "file_refused"
    LINE_TOO_LONG = "line_too_long"


class Wanted(StrEnum):
    """A secret that is needed, or what stands for one."""

    NEW_BACKUP_PASSWORD = "new_backup_password"
    BACKUP_PASSWORD = "backup_password"
    NEW_IDENTITY_PASSWORD = "new_identity_password"
    NEW_PASSPHRASE = "new_passphrase"
    OTHER_PASSPHRASE = "other_passphrase"
    PASSPHRASE = "passphrase"
    PIN = "pin"
    CREDENTIAL_SECRET = "credential_secret"
    IDENTITY = "identity"
    SHARE = "share"
    SHEETS = "sheets"
    IDENTITY_PASSWORD = "identity_password"
    SSH_PASSWORD = "ssh_password"
    SSH_PASSPHRASE = "ssh_passphrase"
    YES = "yes"
    """A person's word that a backup is signed by the server key on the runbook."""
    EXPORT_PASSWORD = "export_password"
    EXPORT_KEY_FILE = "export_key_file"
    EXPORT_IDENTITY = "export_identity"
    NEW_EXPORT_PASSWORD = "new_export_password"
    GPG_PASSPHRASE = "gpg_passphrase"


class Opens(StrEnum):
    """What a password, passphrase or PIN opens."""

    BACKUP = "backup"
    KEY_STORE = "key store"
    TOKEN = "token"
    IDENTITY = "identity"
    EXPORT = "export"
    GPG_KEY = "gpg key"


class RecipientProblem(StrEnum):
    """Why nothing can be encrypted to a recipient."""

    SECRET = "secret"
    """A private key was given; it is not repeated."""
    UNSUPPORTED = "unsupported"
    DAMAGED = "damaged"
    LOW_ORDER = "low_order"
    RSA_SIZE = "rsa_size"
    TOO_LONG = "too_long"
    NOT_RECIPIENT = "not_recipient"
    REPLACED = "replaced"
    """A recovery identity of this server that was replaced."""
    NONE = "none"
    """The file names none."""
    TOO_MANY = "too_many"


class IdentityProblem(StrEnum):
    """Why a file is no identity that can be used."""

    NOT_IDENTITY = "not_identity"
    RECIPIENT = "recipient"
    """It holds a public key."""
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"
    RSA_SIZE = "rsa_size"


class RecoveryProblem(StrEnum):
    """What is wrong with what the home keeps of a recovery identity."""

    NOT_SIGNED = "not_signed"
    NOT_THE_LAST = "not_the_last"
    OTHER_SERVER = "other_server"
    IDENTITY_MISSING = "identity_missing"
    IDENTITY_CHANGED = "identity_changed"
    REPLACED = "replaced"
    """A vouched backup calls it an earlier one."""
    NOT_CANONICAL = "not_canonical"


class ShareProblem(StrEnum):
    """Why a share cannot be taken."""

    EMPTY = "empty"
    NOT_TEXT = "not_text"
    COUNT = "count"
    WORD = "word"
    MISSING = "missing"
    CHECKSUM = "checksum"
    OTHER_SCHEME = "other_scheme"
    OTHER_SET = "other_set"
    BEYOND_SET = "beyond_set"
    GIVEN = "given"


class SheetsProblem(StrEnum):
    """Why sheets are not written into a folder."""

    IN_HOME = "in_home"
    """It is the home, lies in it or holds it."""
    OTHERS_CAN_READ = "others_can_read"
    LINK = "link"
    NOT_REMOVED = "not_removed"
    """A share stays there that should not."""


class ScheduleProblem(StrEnum):
    """Why nothing can run by itself."""

    PASSPHRASE = "passphrase"
    TOKEN = "token"
    NO_IDENTITY = "no_identity"
    ODD_PATH = "odd_path"


class UnitProblem(StrEnum):
    """Whose file lies where a unit belongs."""

    FOREIGN = "foreign"
    OTHER_HOME = "other_home"


class Operation(StrEnum):
    """What was planned, or was stopped."""

    IMPORT = "import"
    RESTORE = "restore"
    ROTATION = "rotation"
    BACKUP = "backup"
    KEY_STORE = "key store"
    PROTECTOR = "protector"
    EDIT = "edit"
    REMOVAL = "removal"
    PRUNE = "prune"
    RETIREMENT = "retirement"
    IDENTITY = "identity"
    CUSTODIANS = "custodians"
    PROOF = "proof"
    ACCEPTANCE = "acceptance"
    MOVE = "move"


class MoveProblem(StrEnum):
    """Why the CMDB is not moved to another database."""

    HERE = "here"
    """It is there already."""
    SAME = "same"
    """It is the CMDB itself, by another address."""
    NOT_EMPTY = "not_empty"
    DIFFERS = "differs"
    """What was read back from there is not what was written."""
    ROWS_CHANGED = "rows_changed"
    """Credentials here are not those that the inventory says."""


class MismatchKind(StrEnum):
    """Which part contradicts the checkpoint."""

    HOME_MISSING = "home_missing"
    """There is a key store and no checkpoint beside it."""
    HOME_CHANGED = "home_changed"
    """The home's checkpoint is not what this server signed."""
    CMDB_MISSING = "cmdb_missing"
    """The CMDB has no checkpoint."""
    CMDB_CHANGED = "cmdb_changed"
    """The CMDB's checkpoint is not what this server signed."""
    OTHER_SERVER = "other_server"
    """Another server took this CMDB over."""
    WENT_BACK = "went_back"
    """The CMDB is that of an earlier change."""
    MOVED = "moved"
    """The CMDB was moved, and this is the database that was left."""
    ELSEWHERE = "elsewhere"
    """The settings name the database that the CMDB was moved to, and this process has the one open that was
    left."""
    WENT_ON = "went_on"
    """The CMDB is that of a change that was not made here."""
    WITNESS = "witness"
    """An archive of this server knows a later change than home and CMDB."""
    OTHER_TRAIL = "other_trail"
    """An archive of this server knows a change that was made here, and another audit trail at it."""
    STORE = "store"
    KEYS = "keys"
    REGISTER = "register"
    DIARY = "diary"
    AUDIT = "audit"
    AUDIT_LINE = "audit_line"
    """A line within the trail is not what was written; found by reading all."""
    ROTATION = "rotation"
    RECOVERY = "recovery"


class NoProof(StrEnum):
    """Why a database that was named proves nothing of a backup."""

    SAME_FILE = "same_file"
    """It is the file of the CMDB itself, by whatever name."""
    LEFT = "left"
    """The last move of the CMDB left it."""
    SHOWS_THE_CHANGE = "shows_the_change"
    """It has the change that the check just made: it is the CMDB, or follows it."""
    IN_RECOVERY = "in_recovery"
    """Its server is a standby."""
    SUBSCRIBES = "subscribes"
    """Its tables follow another database's by logical replication."""
    EMPTY = "empty"
    """No CMDB is in it."""
    OTHER_CMDB = "other_cmdb"
    NEWER = "newer"
    """A newer nskeys made its tables."""
    ALTERED = "altered"
    """It has what nskeys did not make."""
    DAMAGED = "damaged"
    NO_CHECKPOINT = "no_checkpoint"
    NOT_SIGNED = "not_signed"
    """Neither this server nor one before it signed its checkpoint."""
    SIGNER_UNKNOWN = "signer_unknown"
    """An earlier server key of this server signed it, and nothing at hand has its public half."""
    ABANDONED = "abandoned"
    """It is of a change that does not count any more."""
    AHEAD = "ahead"
    """It is of a later change than the CMDB."""
    OTHER_HISTORY = "other_history"
    """Its audit trail is not the beginning of this one's."""
    UNEXPLAINED = "unexplained"
    """When it was made, something did not fit its checkpoint."""
    CONTRADICTS = "contradicts"
    """What is in it is not what its checkpoint says."""
    ROWS_CHANGED = "rows_changed"
    """Its credentials are not those of its inventory."""


class Versioned(StrEnum):
    """What a newer nskeys may have written."""

    CMDB = "cmdb"
    STORE = "store"
    CONFIG = "config"
    BACKUP = "backup"
    RECOVERY = "recovery"
    DATABASE_COPY = "database_copy"
    CHECKPOINT = "checkpoint"


class FailureReason(StrEnum):
    """Why a credential did not open."""

    KEY_MISSING = "key_missing"
    TAMPERED = "tampered"
    UNREADABLE = "unreadable"
    """Its row cannot be read, so no key can be tried."""
