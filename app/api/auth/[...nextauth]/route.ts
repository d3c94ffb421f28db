import { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { authOptions } from "@/app/_auth/options";
import { refuseOtherMethods } from "@/app/_http/methods";
import { readBody, refuseForeignPage } from "@/app/_http/request";
import { problemResponse } from "@/app/_http/respond";

type Context = { params: Promise<{ nextauth: string[] }> };

async function handler(request: NextRequest, context: Context): Promise<Response> {
  try {
    return await NextAuth(authOptions())(await checkBody(request), context);
  } catch (error) {
    return problemResponse(error, request);
  }
}

/** next-auth reads any body to its end, throws at broken JSON, and takes every field for text. */
async function checkBody(request: NextRequest): Promise<NextRequest> {
  if (request.method !== "POST") return request;
  refuseForeignPage(request);
  if (!request.body) return request;
  const { fields } = await readBody(request);
  const texts = Object.entries(fields).filter(([, value]) => typeof value === "string");
  const headers = new Headers(request.headers);
  headers.set("content-type", "application/json");
  headers.delete("content-length");
  return new NextRequest(request.url, {
    method: "POST",
    headers,
    body: JSON.stringify(Object.fromEntries(texts)),
  });
}

export { handler as GET, handler as POST };
export const { PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods(["GET", "POST"]);
