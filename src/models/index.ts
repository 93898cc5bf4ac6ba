import type { Sequelize } from 'sequelize';
import { defineApiToken } from './api-token.js';
import { associate } from './associations.js';
import { defineConversation } from './conversation.js';
import { defineCorpusChange } from './corpus-change.js';
import { defineCorpusTerm } from './corpus-term.js';
import { defineCorpusTotal } from './corpus-total.js';
import { defineDevice } from './device.js';
import { defineEmbeddingSpace } from './embedding-space.js';
import { defineEpisodicMemory } from './episodic-memory.js';
import { defineJob } from './job.js';
import { defineJobRun } from './job-run.js';
import { defineMemoryGraphChange } from './memory-graph-change.js';
import { defineMemoryGraphEdge } from './memory-graph-edge.js';
import { defineMemoryGraphNode } from './memory-graph-node.js';
import { defineMemoryGraphNodeVersion } from './memory-graph-node-version.js';
import { defineMemoryGraphObservation } from './memory-graph-observation.js';
import { defineMemoryVector } from './memory-vector.js';
import { defineMessage } from './message.js';
import { defineMessageAsset } from './message-asset.js';
import { defineMessageDay } from './message-day.js';
import { defineMessageEvent } from './message-event.js';
import { defineMessageVector } from './message-vector.js';
import { defineOauthClient } from './oauth-client.js';
import { defineOauthGrant } from './oauth-grant.js';
import { definePasswordResetToken } from './password-reset-token.js';
import { defineSession } from './session.js';
import { defineTask } from './task.js';
import { defineTenant } from './tenant.js';
import { guardTenants } from './tenant-guard.js';
import { defineUser } from './user.js';
import { defineUserCredential } from './user-credential.js';
import { defineUserLoginAttempt } from './user-login-attempt.js';
import { defineUserLoginLockout } from './user-login-lockout.js';

export type Models = ReturnType<typeof defineModels>;

/** Defines every model on this connection, joins them, and refuses queries on them that name no tenant. */
export function defineModels(sequelize: Sequelize) {
  const models = {
    Tenant: defineTenant(sequelize),
    User: defineUser(sequelize),
    Device: defineDevice(sequelize),
    Session: defineSession(sequelize),
    UserCredential: defineUserCredential(sequelize),
    UserLoginAttempt: defineUserLoginAttempt(sequelize),
    UserLoginLockout: defineUserLoginLockout(sequelize),
    PasswordResetToken: definePasswordResetToken(sequelize),
    ApiToken: defineApiToken(sequelize),
    OauthClient: defineOauthClient(sequelize),
    OauthGrant: defineOauthGrant(sequelize),
    Conversation: defineConversation(sequelize),
    Message: defineMessage(sequelize),
    MessageAsset: defineMessageAsset(sequelize),
    MessageVector: defineMessageVector(sequelize),
    MessageDay: defineMessageDay(sequelize),
    MessageEvent: defineMessageEvent(sequelize),
    EpisodicMemory: defineEpisodicMemory(sequelize),
    MemoryVector: defineMemoryVector(sequelize),
    MemoryGraphNode: defineMemoryGraphNode(sequelize),
    MemoryGraphNodeVersion: defineMemoryGraphNodeVersion(sequelize),
    MemoryGraphObservation: defineMemoryGraphObservation(sequelize),
    MemoryGraphEdge: defineMemoryGraphEdge(sequelize),
    MemoryGraphChange: defineMemoryGraphChange(sequelize),
    EmbeddingSpace: defineEmbeddingSpace(sequelize),
    CorpusChange: defineCorpusChange(sequelize),
    CorpusTerm: defineCorpusTerm(sequelize),
    CorpusTotal: defineCorpusTotal(sequelize),
    Task: defineTask(sequelize),
    Job: defineJob(sequelize),
    JobRun: defineJobRun(sequelize),
  };
  associate(models);
  guardTenants(sequelize);
  return models;
}
