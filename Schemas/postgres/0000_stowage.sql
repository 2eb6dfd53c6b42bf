-- Stowage's own tables: the state's fields, and which migrations were applied

CREATE TABLE IF NOT EXISTS "_stowage_state" (
  "name" text COLLATE "C" NOT NULL,
  "value" json NOT NULL,
  PRIMARY KEY ("name")
);

CREATE TABLE IF NOT EXISTS "_stowage_migrations" (
  "number" bigint NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "checksum" text COLLATE "C" NOT NULL,
  "applied_at" timestamptz NOT NULL,
  "duration_ms" bigint NOT NULL,
  "applied_by" text COLLATE "C" NOT NULL,
  "adopted" boolean NOT NULL,
  PRIMARY KEY ("number")
);
