-- 2 add_pull_requests

ALTER TABLE "sessions" ADD COLUMN "backendType" TEXT;

-- By code: a stored member "backendType", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN "remote" TEXT;

-- By code: a stored member "remote", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN "github" TEXT;

-- By code: a stored member "github", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN "prBranch" TEXT;

-- By code: a stored member "prBranch", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN "prApproved" INTEGER;

-- By code: a stored member "prApproved", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN "prState" TEXT;

-- By code: a stored member "prState", unknown until now, becomes the field's value.

ALTER TABLE "sessions" ADD COLUMN "pullRequest" TEXT;

-- By code: a stored member "pullRequest", unknown until now, becomes the field's value.
