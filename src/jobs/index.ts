import databaseCare from './database-care.js';
import type { Job } from './define.js';
import embeddings from './embeddings.js';
import expiredCredentials from './expired-credentials.js';
import housekeeping from './housekeeping.js';
import inactivity from './inactivity.js';
import retention from './retention.js';
import wordStatistics from './word-statistics.js';

/** Every job there is, in the order in which they are made up for when several were missed. */
export const jobs: readonly Job[] = [inactivity, retention, embeddings, expiredCredentials, wordStatistics, databaseCare, housekeeping];
