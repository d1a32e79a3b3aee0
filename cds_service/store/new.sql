-- An empty SQLite database as the steps of `migrations` leave it: a new installation need not take them one by one.
-- A blank line ends a statement. A test compares both, and says how to write this file anew after a new step.

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)

CREATE TABLE calls (
    seq INTEGER NOT NULL,
    id CHAR(32) NOT NULL,
    at DATETIME NOT NULL,
    as_of DATE NOT NULL,
    client TEXT NOT NULL,
    tenant TEXT NOT NULL,
    service TEXT NOT NULL,
    hook TEXT NOT NULL,
    hook_instance CHAR(32) NOT NULL,
    patient_key VARCHAR(64) NOT NULL,
    user_key VARCHAR(64) NOT NULL,
    ward TEXT,
    edition TEXT NOT NULL,
    language TEXT NOT NULL,
    config_version TEXT NOT NULL,
    software_version TEXT NOT NULL,
    policy_version TEXT,
    duration_us INTEGER NOT NULL,
    checks INTEGER NOT NULL,
    unanswered TEXT NOT NULL,
    broken TEXT NOT NULL,
    silent BOOLEAN NOT NULL,
    cards_shown INTEGER NOT NULL,
    cards_withheld INTEGER NOT NULL,
    form INTEGER NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_calls PRIMARY KEY (seq),
    CONSTRAINT uq_calls_id UNIQUE (id)
)

CREATE INDEX ix_calls_at ON calls (at)

CREATE TABLE decisions (
    call_seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    rule TEXT NOT NULL,
    "case" TEXT NOT NULL,
    status TEXT NOT NULL,
    severity TEXT NOT NULL,
    draft_key VARCHAR(64),
    fingerprint TEXT,
    figures TEXT NOT NULL,
    evidence_hashes TEXT NOT NULL,
    missing TEXT NOT NULL,
    card CHAR(32),
    shown BOOLEAN NOT NULL,
    withheld_because TEXT,
    CONSTRAINT pk_decisions PRIMARY KEY (call_seq, position),
    CONSTRAINT fk_decisions_call_seq FOREIGN KEY(call_seq) REFERENCES calls (seq)
)
 WITHOUT ROWID



CREATE TABLE cards (
    uuid CHAR(32) NOT NULL,
    call_seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    client TEXT NOT NULL,
    tenant TEXT NOT NULL,
    service TEXT NOT NULL,
    indicator TEXT NOT NULL,
    rules TEXT NOT NULL,
    suggestions TEXT NOT NULL,
    reasons TEXT NOT NULL,
    shown BOOLEAN NOT NULL,
    CONSTRAINT pk_cards PRIMARY KEY (uuid),
    CONSTRAINT fk_cards_call_seq FOREIGN KEY(call_seq) REFERENCES calls (seq)
)
 WITHOUT ROWID



CREATE INDEX ix_cards_call_seq ON cards (call_seq)

CREATE TABLE feedback (
    seq INTEGER NOT NULL,
    id CHAR(32) NOT NULL,
    card CHAR(32) NOT NULL,
    client TEXT NOT NULL,
    tenant TEXT NOT NULL,
    service TEXT NOT NULL,
    received_at DATETIME NOT NULL,
    outcome_at DATETIME NOT NULL,
    outcome TEXT NOT NULL,
    accepted TEXT NOT NULL,
    reason_system TEXT,
    reason_code TEXT,
    comment TEXT,
    comment_hash VARCHAR(64),
    digest VARCHAR(64) NOT NULL,
    form INTEGER NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT pk_feedback PRIMARY KEY (seq),
    CONSTRAINT uq_feedback_id UNIQUE (id),
    CONSTRAINT uq_feedback_card UNIQUE (card, digest)
)

CREATE INDEX ix_feedback_received_at ON feedback (received_at)

CREATE TABLE chains (
    name TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    signature VARCHAR(64) NOT NULL,
    CONSTRAINT pk_chains PRIMARY KEY (name)
)

CREATE TABLE anchors (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    older_than DATETIME NOT NULL,
    purged_at DATETIME NOT NULL,
    entries BIGINT NOT NULL,
    intact BOOLEAN NOT NULL,
    hash VARCHAR(64) NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    signature VARCHAR(64) NOT NULL,
    CONSTRAINT pk_anchors PRIMARY KEY (chain, seq)
)

CREATE TABLE captures (
    call CHAR(32) NOT NULL,
    at DATETIME NOT NULL,
    key_id TEXT NOT NULL,
    ciphertext BLOB NOT NULL,
    CONSTRAINT pk_captures PRIMARY KEY (call)
)

CREATE INDEX ix_captures_at ON captures (at)

CREATE TABLE seen_tokens (
    issuer TEXT NOT NULL,
    jti_hash VARCHAR(64) NOT NULL,
    expires_at DATETIME NOT NULL,
    CONSTRAINT pk_seen_tokens PRIMARY KEY (issuer, jti_hash)
)

CREATE INDEX ix_seen_tokens_expires_at ON seen_tokens (expires_at)

CREATE TABLE memory (
    id INTEGER NOT NULL,
    tenant_key TEXT NOT NULL,
    patient_key VARCHAR(64) NOT NULL,
    rule TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    day DATE NOT NULL,
    hook TEXT NOT NULL,
    draft TEXT,
    user_key VARCHAR(64),
    CONSTRAINT pk_memory PRIMARY KEY (id)
)

CREATE INDEX ix_memory_patient ON memory (tenant_key, patient_key, day)

CREATE TABLE memos (
    card CHAR(32) NOT NULL,
    tenant_key TEXT NOT NULL,
    patient_key VARCHAR(64) NOT NULL,
    user_key VARCHAR(64),
    day DATE NOT NULL,
    service TEXT NOT NULL,
    hook TEXT NOT NULL,
    traces TEXT NOT NULL,
    suggestions TEXT NOT NULL,
    CONSTRAINT pk_memos PRIMARY KEY (card)
)
 WITHOUT ROWID



CREATE INDEX ix_memos_day ON memos (day)

CREATE TABLE watch (
    day DATE NOT NULL,
    client TEXT NOT NULL,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    system TEXT NOT NULL,
    code TEXT NOT NULL,
    seen BIGINT NOT NULL,
    CONSTRAINT pk_watch PRIMARY KEY (day, client, tenant, kind, system, code)
)
 WITHOUT ROWID



CREATE TRIGGER calls_stay_update BEFORE UPDATE OF "seq", "id", "at", "as_of", "client", "tenant", "service", "hook", "hook_instance", "patient_key", "user_key", "ward", "edition", "language", "config_version", "software_version", "policy_version", "duration_us", "checks", "unanswered", "broken", "silent", "cards_shown", "cards_withheld", "form", "key_id", "previous_hash", "hash" ON calls  BEGIN SELECT RAISE(ABORT, 'calls is append-only'); END

CREATE TRIGGER calls_stay_delete BEFORE DELETE ON calls WHEN OLD.seq > (SELECT COALESCE(MAX(seq), 0) FROM anchors WHERE chain = 'calls') BEGIN SELECT RAISE(ABORT, 'calls is append-only'); END

CREATE TRIGGER decisions_stay_update BEFORE UPDATE OF "call_seq", "position", "rule", "case", "status", "severity", "draft_key", "fingerprint", "figures", "evidence_hashes", "missing", "card", "shown", "withheld_because" ON decisions  BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END

CREATE TRIGGER decisions_stay_delete BEFORE DELETE ON decisions WHEN OLD.call_seq > (SELECT COALESCE(MAX(seq), 0) FROM anchors WHERE chain = 'calls') BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END

CREATE TRIGGER cards_stay_update BEFORE UPDATE OF "uuid", "call_seq", "position", "client", "tenant", "service", "indicator", "rules", "suggestions", "reasons", "shown" ON cards  BEGIN SELECT RAISE(ABORT, 'cards is append-only'); END

CREATE TRIGGER cards_stay_delete BEFORE DELETE ON cards WHEN OLD.call_seq > (SELECT COALESCE(MAX(seq), 0) FROM anchors WHERE chain = 'calls') BEGIN SELECT RAISE(ABORT, 'cards is append-only'); END

CREATE TRIGGER feedback_stay_update BEFORE UPDATE OF "seq", "id", "card", "client", "tenant", "service", "received_at", "outcome_at", "outcome", "accepted", "reason_system", "reason_code", "comment_hash", "digest", "form", "key_id", "previous_hash", "hash" ON feedback  BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END

CREATE TRIGGER feedback_stay_delete BEFORE DELETE ON feedback WHEN OLD.seq > (SELECT COALESCE(MAX(seq), 0) FROM anchors WHERE chain = 'feedback') BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END

CREATE TRIGGER feedback_stay_erase BEFORE UPDATE OF comment ON feedback WHEN NEW.comment IS NOT NULL BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END

CREATE TRIGGER anchors_stay_update BEFORE UPDATE ON anchors  BEGIN SELECT RAISE(ABORT, 'anchors is append-only'); END

CREATE TRIGGER anchors_stay_delete BEFORE DELETE ON anchors  BEGIN SELECT RAISE(ABORT, 'anchors is append-only'); END

CREATE TRIGGER chains_stay_delete BEFORE DELETE ON chains  BEGIN SELECT RAISE(ABORT, 'chains is append-only'); END

CREATE TABLE held (
    id VARCHAR(64) NOT NULL,
    ends_at DATETIME NOT NULL,
    idle_at DATETIME,
    version INTEGER NOT NULL,
    leased_until DATETIME,
    key_id VARCHAR(16) NOT NULL,
    ciphertext BLOB NOT NULL,
    CONSTRAINT pk_held PRIMARY KEY (id)
)

CREATE INDEX ix_held_ends_at ON held (ends_at)

INSERT INTO alembic_version (version_num) VALUES ('0003')

INSERT INTO chains (name, seq, hash, key_id, signature) VALUES ('calls', 0, '0000000000000000000000000000000000000000000000000000000000000000', '', '')

INSERT INTO chains (name, seq, hash, key_id, signature) VALUES ('feedback', 0, '0000000000000000000000000000000000000000000000000000000000000000', '', '')
