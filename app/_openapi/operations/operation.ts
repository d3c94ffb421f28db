// What load balancers and monitors ask.
import type { Operation } from "../operation";

export const OPERATION: readonly Operation[] = [
  {
    id: "health",
    method: "get",
    path: "/api/health",
    tag: "Operation",
    summary: "The process lives",
    description: "Says nothing of what it depends on.",
    access: "anybody",
    answers: [
      {
        status: 200,
        means: "It does.",
        schema: "Health",
        examples: [{ name: "alive", answer: { status: "ok" } }],
      },
    ],
    refusals: [],
  },
  {
    id: "ready",
    method: "get",
    path: "/api/ready",
    tag: "Operation",
    summary: "The process can be given requests",
    description:
      "An engine or a mail provider that is away is told and does not count: people are served without.",
    access: "anybody",
    answers: [
      {
        status: 200,
        means: "It can.",
        schema: "Readiness",
        examples: [
          {
            name: "ready",
            answer: {
              status: "ready",
              database: "ok",
              engine_breaker: "closed",
              mail_provider_breaker: null,
            },
          },
        ],
      },
      {
        status: 503,
        means: "The database is away, or the process is about to end.",
        schema: "Readiness",
        headers: ["Retry-After"],
        examples: [
          {
            name: "not_ready",
            answer: {
              status: "not_ready",
              database: "away",
              engine_breaker: "closed",
              mail_provider_breaker: null,
            },
          },
        ],
      },
    ],
    refusals: [],
  },
];
