BEGIN TRANSACTION;
CREATE TABLE first_seen (
            reference TEXT NOT NULL,
            digest TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (reference, digest)
        ) WITHOUT ROWID
        ;
INSERT INTO "first_seen" VALUES('docker.io/library/web:latest','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2024-05-01T11:00:00.000000+00:00');
INSERT INTO "first_seen" VALUES('docker.io/library/web:latest','sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','2024-05-01T12:00:00.000000+00:00');
CREATE TABLE history (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            name TEXT NOT NULL,
            image TEXT NOT NULL,
            operation TEXT NOT NULL,
            outcome TEXT NOT NULL,
            reason_code TEXT NOT NULL,
            reason_message TEXT NOT NULL,
            reason_until TEXT,
            source_image_id TEXT,
            source_digest TEXT,
            target_image_id TEXT,
            target_digest TEXT,
            duration_seconds REAL NOT NULL,
            downtime_seconds REAL,
            steps TEXT NOT NULL,
            notes TEXT NOT NULL,
            log_tail TEXT NOT NULL
        );
INSERT INTO "history" VALUES(1,'2024-05-01T12:00:00.000000+00:00','web','web:latest','update','updated','updated','It runs bbbbbbbbbbbb and has proven itself.',NULL,'sha256:1111111111111111111111111111111111111111111111111111111111111111','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','sha256:1111111111111111111111111111111111111111111111111111111111111111','sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',3.25,0.5,'[["pull", 1.5]]','["Watch out."]','fatal: it''s over');
INSERT INTO "history" VALUES(2,'2024-05-01T12:00:00.000000+00:00','db','web:latest','update','rolled-back','updated','It runs bbbbbbbbbbbb and has proven itself.',NULL,'sha256:1111111111111111111111111111111111111111111111111111111111111111','sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','sha256:1111111111111111111111111111111111111111111111111111111111111111','sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',3.25,NULL,'[]','[]','');
CREATE TABLE rejections (
            name TEXT NOT NULL,
            reference TEXT NOT NULL,
            digest TEXT NOT NULL,
            reason_code TEXT NOT NULL,
            reason_message TEXT NOT NULL,
            reason_until TEXT,
            at TEXT NOT NULL,
            PRIMARY KEY (name, reference, digest)
        ) WITHOUT ROWID
        ;
INSERT INTO "rejections" VALUES('db','docker.io/library/web:latest','sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','unhealthy','It did not become healthy.',NULL,'2024-05-01T13:00:00.000000+00:00');
INSERT INTO "rejections" VALUES('web','docker.io/library/web:latest','sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','unhealthy','It did not become healthy.',NULL,'2024-05-01T12:00:00.000000+00:00');
CREATE INDEX history_by_name ON history (name, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('history',2);
PRAGMA user_version = 1;
COMMIT;
