-- Stowage's own tables: the state's fields, and which migrations were applied

CREATE TABLE IF NOT EXISTS "_stowage_state" (
  "name" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  PRIMARY KEY ("name")
);

CREATE TABLE IF NOT EXISTS "_stowage_migrations" (
  "number" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "checksum" TEXT NOT NULL,
  "applied_at" TEXT NOT NULL,
  "duration_ms" INTEGER NOT NULL,
  "applied_by" TEXT NOT NULL,
  "adopted" INTEGER NOT NULL,
  PRIMARY KEY ("number")
);
