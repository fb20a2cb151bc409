import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { waitUntilReady } from "./ready.ts";
import { requireEnv } from "./server.ts";

/** The services that a server depends on, each with the variables that hold its URL. */
const services = {
  postgres: ["DATABASE_URL"],
  dynamodb: ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS"],
  cognito: ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"],
} as const;

export type Service = keyof typeof services;

/** A second server on the same services as the shared one, behind proxies that can disconnect it from each service. */
export class OwnServer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly proxies: Record<Service, TcpProxy>,
  ) {}

  static async start(): Promise<OwnServer> {
    const env = { ...process.env };
    const proxies: Partial<Record<Service, TcpProxy>> = {};
    for (const [service, names] of Object.entries(services)) {
      const [first] = names;
      const proxy = await TcpProxy.to(new URL(requireEnv(first)));
      for (const name of names) env[name] = proxy.rewrite(requireEnv(first));
      proxies[service as Service] = proxy;
    }
    const listenAddress = `127.0.0.1:${await freePort()}`;
    const cwd = new URL("../..", import.meta.url).pathname;
    const child = spawn(requireEnv("SERVER"), { cwd, env: { ...env, LEPTOS_SITE_ADDR: listenAddress }, stdio: "ignore" });
    const server = new OwnServer(`http://${listenAddress}`, child, proxies as Record<Service, TcpProxy>);
    await waitUntilReady(server.url);
    return server;
  }

  /** Closes every connection to the service and rejects new ones. */
  disconnect(service: Service): void {
    this.proxies[service].disconnect();
  }

  /** Accepts connections to the service again. */
  reconnect(service: Service): void {
    this.proxies[service].reconnect();
  }

  /** Returns true while the process that `start` spawned is running. */
  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (this.isRunning) {
      const exited = once(this.child, "exit");
      this.child.kill();
      await exited;
    }
    for (const proxy of Object.values(this.proxies)) proxy.close();
  }
}

/** A proxy that forwards TCP connections to a service while it is connected. */
class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #isConnected = true;

  private constructor(private readonly listener: Server) {}

  static async to({ hostname, port }: URL): Promise<TcpProxy> {
    const listener = createServer();
    const proxy = new TcpProxy(listener);
    listener.on("connection", (client) => proxy.#forward(client, connect(Number(port), hostname)));
    await once(listener.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  /** Returns the URL of the service with host and port of this proxy. */
  rewrite(url: string): string {
    return url.replace(new URL(url).host, `127.0.0.1:${(this.listener.address() as AddressInfo).port}`);
  }

  disconnect(): void {
    this.#isConnected = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  reconnect(): void {
    this.#isConnected = true;
  }

  close(): void {
    this.disconnect();
    this.listener.close();
  }

  #forward(client: Socket, upstream: Socket): void {
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
      if (!this.#isConnected) socket.destroy();
    }
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  return port;
}
