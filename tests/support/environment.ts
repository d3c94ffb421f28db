/** The least that a production process is started with. */
export const completeEnvironment = {
  APP_SECRET: "4IbWLbRZ1nR5zDkJmv0tqYxB7cPf2GaE",
  DATABASE_URL: "postgres://latchkey@127.0.0.1/latchkey",
  INNGEST_SIGNING_KEY: "signkey-prod-00",
  INNGEST_EVENT_KEY: "key",
  RESEND_API_KEY: "re_9Zk2LmQ7_xT4vKq8RwB2nMd6YsHj3PfGc",
};
