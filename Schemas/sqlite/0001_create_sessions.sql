-- 1 create_sessions

CREATE TABLE IF NOT EXISTS "sessions" (
  "session" TEXT NOT NULL,
  "repoName" TEXT NOT NULL,
  "repoUrl" TEXT NOT NULL,
  "createdAt" TEXT NOT NULL,
  "taskId" TEXT,
  "branch" TEXT,
  "repoPath" TEXT,
  "_stowage_unknown" text,
  PRIMARY KEY ("session")
);

CREATE INDEX IF NOT EXISTS "sessions_repoName_idx" ON "sessions" ("repoName");

CREATE INDEX IF NOT EXISTS "sessions_taskId_idx" ON "sessions" ("taskId");
