// An OPC UA client of another make, node-opcua: does what its standard input says, an order of JSON a line, and answers
// each with a line of JSON.
const {
  OPCUAClient, MessageSecurityMode, SecurityPolicy, UserTokenType, AttributeIds,
  DataType, TimestampsToReturn, constructEventFilter, callConditionRefresh, resolveNodeId,
} = require("node-opcua-client");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");

const FIELDS = ["EventType", "EventId", "ConditionName", "Message", "Severity", "Retain", "AckedState.Id",
  "ActiveState.Id", "ConfirmedState.Id", "ShelvingState.CurrentState", "3:Cause", "FromState", "ToState", "NodeId",
  "2:ResultId", "2:JobId", "2:ResultContent"];
let client, session, subscription, events = [], changes = {};

const orders = {
  async connect({ url, secure, user, password, pki, uri }) {
    const clientCertificateManager = new OPCUACertificateManager({ rootFolder: pki, automaticallyAcceptUnknownCertificate: true });
    await clientCertificateManager.initialize();
    client = OPCUAClient.create({
      applicationName: "other", applicationUri: uri, clientCertificateManager, endpointMustExist: false,
      securityMode: secure ? MessageSecurityMode.SignAndEncrypt : MessageSecurityMode.None,
      securityPolicy: secure ? SecurityPolicy.Basic256Sha256 : SecurityPolicy.None,
      connectionStrategy: { maxRetry: 0 }, transportTimeout: 10000,
    });
    client.on("backoff", () => {});
    await client.connect(url);
    const login = user ? { type: UserTokenType.UserName, userName: user, password } : { type: UserTokenType.Anonymous };
    session = await client.createSession(login);
    return { certificate: client.certificateFile };
  },
  async disconnect() {
    if (session) await session.close();
    await client.disconnect();
    session = subscription = undefined;
    events = [];
  },
  async read({ node }) {
    const { value, statusCode } = await session.read({ nodeId: node, attributeId: AttributeIds.Value });
    return { status: statusCode.name, value: plain(value) };
  },
  async call({ object, method, args }) {
    const inputArguments = [];
    for (const [type, value, of] of args) {
      const built = of ? await session.constructExtensionObject(resolveNodeId(of), value) : value;
      inputArguments.push({ dataType: DataType[type], value: built });
    }
    const { statusCode, outputArguments } = await session.call({ objectId: object, methodId: method, inputArguments });
    return { status: statusCode.name, out: (outputArguments || []).map(plain) };
  },
  async listen({ watch }) {
    subscription = await session.createSubscription2({
      requestedPublishingInterval: 100, requestedLifetimeCount: 100, requestedMaxKeepAliveCount: 10, publishingEnabled: true,
    });
    const filter = constructEventFilter(FIELDS);
    const item = await subscription.monitor(
      { nodeId: "i=2253", attributeId: AttributeIds.EventNotifier },
      { samplingInterval: 0, queueSize: 100, discardOldest: true, filter }, TimestampsToReturn.Both);
    item.on("changed", (fields) => events.push(Object.fromEntries(fields.map((one, i) => [FIELDS[i], plain(one)]))));
    const seen = await subscription.monitor({ nodeId: watch, attributeId: AttributeIds.Value }, { samplingInterval: 0, queueSize: 10 }, TimestampsToReturn.Both);
    changes[watch] = [];
    seen.on("changed", ({ value }) => changes[watch].push(plain(value)));
  },
  async refresh() { await callConditionRefresh(session, subscription.subscriptionId); },
  async take() { const taken = { events, changes }; events = []; return taken; },
  async acknowledge({ condition, event, comment }) {
    return { status: (await session.acknowledgeCondition(condition, Buffer.from(event, "base64"), comment)).name };
  },
  async confirm({ condition, event, comment }) {
    return { status: (await session.confirmCondition(condition, Buffer.from(event, "base64"), comment)).name };
  },
};

function plain(variant) {
  const value = variant && variant.value;
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return value.toString("base64");
  if (typeof value === "object" && "text" in value) return value.text;
  if (variant.dataType === DataType.NodeId) return value.toString();
  return typeof value.toJSON === "function" ? value.toJSON() : value;
}

async function main() {
  for await (const line of require("readline").createInterface({ input: process.stdin })) {
    const { order, ...given } = JSON.parse(line);
    let answer;
    try { answer = (await orders[order](given)) || {}; } catch (error) { answer = { error: String(error.message || error) }; }
    process.stdout.write("=" + JSON.stringify(answer) + "\n");
  }
  process.exit(0);
}
main();
