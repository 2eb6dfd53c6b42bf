-- 3 index_branch

CREATE INDEX IF NOT EXISTS "sessions_branch_idx" ON "sessions" ("branch");
