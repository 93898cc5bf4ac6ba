import type { Tool } from '../define.js';
import getRetentionPolicy from './admin/get-retention-policy.js';
import listAccounts from './admin/list-accounts.js';
import listJobs from './admin/list-jobs.js';
import listLoginAttempts from './admin/list-login-attempts.js';
import runJob from './admin/run-job.js';
import runRetention from './admin/run-retention.js';
import setRetentionPolicy from './admin/set-retention-policy.js';
import unlockAccount from './admin/unlock-account.js';
import checkTokenBudget from './analytics/check-token-budget.js';
import getStats from './analytics/get-stats.js';
import deleteConversation from './core/delete-conversation.js';
import forget from './core/forget.js';
import getContext from './core/get-context.js';
import graphQuery from './core/graph-query.js';
import graphUpsert from './core/graph-upsert.js';
import listConversations from './core/list-conversations.js';
import loadHistory from './core/load-history.js';
import recall from './core/recall.js';
import remember from './core/remember.js';
import saveTurn from './core/save-turn.js';
import searchMessages from './core/search-messages.js';
import updateConversation from './core/update-conversation.js';
import graphDelete from './graph-admin/graph-delete.js';
import graphStats from './graph-admin/graph-stats.js';
import addObservations from './knowledge-graph/add-observations.js';
import createEntities from './knowledge-graph/create-entities.js';
import createRelations from './knowledge-graph/create-relations.js';
import deleteEntities from './knowledge-graph/delete-entities.js';
import deleteObservations from './knowledge-graph/delete-observations.js';
import deleteRelations from './knowledge-graph/delete-relations.js';
import openNodes from './knowledge-graph/open-nodes.js';
import readGraph from './knowledge-graph/read-graph.js';
import searchNodes from './knowledge-graph/search-nodes.js';
import deleteMessage from './messages/delete-message.js';
import editMessage from './messages/edit-message.js';
import getMessage from './messages/get-message.js';
import pollEvents from './messages/poll-events.js';
import createTask from './tasks/create-task.js';
import listTasks from './tasks/list-tasks.js';
import updateTask from './tasks/update-task.js';
import exportConversation from './transfer/export-conversation.js';
import importConversation from './transfer/import-conversation.js';
import forgetUser from './users/forget-user.js';
import getUserProfile from './users/get-user-profile.js';
import listUserProfiles from './users/list-user-profiles.js';
import upsertUserProfile from './users/upsert-user-profile.js';
import deleteVectors from './vectors/delete-vectors.js';
import queryVectors from './vectors/query-vectors.js';
import upsertVectors from './vectors/upsert-vectors.js';

/** Written by hand, in the order shown to clients; a test checks that no file is missing. */
export const tools: readonly Tool[] = [
  saveTurn,
  loadHistory,
  listConversations,
  updateConversation,
  deleteConversation,
  searchMessages,
  remember,
  recall,
  forget,
  getContext,
  graphUpsert,
  graphQuery,
  getMessage,
  editMessage,
  deleteMessage,
  pollEvents,
  getUserProfile,
  upsertUserProfile,
  listUserProfiles,
  forgetUser,
  graphDelete,
  graphStats,
  createEntities,
  createRelations,
  addObservations,
  deleteEntities,
  deleteObservations,
  deleteRelations,
  readGraph,
  searchNodes,
  openNodes,
  createTask,
  listTasks,
  updateTask,
  exportConversation,
  importConversation,
  getStats,
  checkTokenBudget,
  upsertVectors,
  queryVectors,
  deleteVectors,
  getRetentionPolicy,
  setRetentionPolicy,
  runRetention,
  listAccounts,
  listLoginAttempts,
  unlockAccount,
  listJobs,
  runJob,
];
