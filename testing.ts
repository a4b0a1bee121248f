/**
 * For a project's own tests: what an adapter of a port must do, as test cases for any test runner.
 * @module
 */
export {
  type ContractCase,
  type SessionStoreContract,
  type SessionStoreUnderTest,
  sessionStoreContract,
} from './plugins/testing/session-store-contract.ts';
