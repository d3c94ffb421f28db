// A database for a file of integration tests, and services for each of its tests. To be called at the top of the file.
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type DatabaseClient, openDatabase } from "@/db/client";
import { createTestDatabase, type TestDatabase } from "./database";
import { createTestServices, TEST_POOL_SIZE, type TestServices } from "./services";

/** Made before the first test and dropped after the last one. */
export function useTestDatabase(): { readonly url: string } {
  let database: TestDatabase | null = null;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.drop());
  return {
    get url() {
      if (!database) throw new Error("The test's database is there once its tests run");
      return database.url;
    },
  };
}

/**
 * New ones for every test, over the connections of the file: opening those took longer than many a test. What is
 * returned stands for those of the test that runs.
 */
export function useTestServices(database: { readonly url: string }): TestServices {
  let current: TestServices | null = null;
  let client: DatabaseClient | null = null;
  beforeEach(() => {
    client ??= openDatabase(database.url, TEST_POOL_SIZE);
    current = createTestServices(database.url, client);
  });
  afterAll(() => client?.close());
  const now = (): TestServices => {
    if (!current) throw new Error("The test's services are there once a test runs");
    return current;
  };
  return new Proxy({} as TestServices, {
    get: (_, name) => Reflect.get(now(), name),
    set: (_, name, value) => Reflect.set(now(), name, value),
    has: (_, name) => Reflect.has(now(), name),
    ownKeys: () => Reflect.ownKeys(now()),
    getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(now(), name),
  });
}
