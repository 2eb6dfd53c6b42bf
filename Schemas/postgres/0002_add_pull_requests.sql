-- 2 add_pull_requests

ALTER TABLE "sessions" ADD COLUMN IF NOT EXISTS "backendType" text COLLATE "C";

-- By code: a stored member "backendType", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN IF NOT EXISTS "remote" json;

-- By code: a stored member "remote", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN IF NOT EXISTS "github" json;

-- By code: a stored member "github", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN IF NOT EXISTS "prBranch" text COLLATE "C";

-- By code: a stored member "prBranch", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN IF NOT EXISTS "prApproved" boolean;

-- By code: a stored member "prApproved", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN IF NOT EXISTS "prState" json;

-- By code: a stored member "prState", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN IF NOT EXISTS "pullRequest" json;

-- By code: a stored member "pullRequest", unknown until now, becomes the field's value.
