// The operator's page: what comes by the socket, to who shows it.

import * as alarms from "./alarms.js";
import { Belt } from "./belt.js";
import * as boxes from "./boxes.js";
import { Colours } from "./colours.js";
import { fixed, percent } from "./format.js";
import { Link } from "./link.js";
import * as orders from "./orders.js";
import { Paint } from "./paint.js";
import * as panels from "./panels.js";
import * as recipes from "./recipes.js";
import * as stone from "./stone.js";
import { Trends } from "./trends.js";
import { Valves } from "./valves.js";
import { m, offerLanguages, t } from "./words.js";

const at = (id) => document.getElementById(id);
const ROLES = { viewer: m("viewer"), operator: m("operator"), engineer: m("engineer") };
let paint = null;

export const belt = new Belt(at("map"), (one, picture) => stone.show(one, picture, paint));
export const colours = new Colours(at("colours-on"), at("colours"), belt);
const valves = new Valves(at("valves"));
export const trends = new Trends(at("grades"), at("share-trend"));

function described(stream) {
  paint = new Paint(stream);
  belt.describe(stream, paint);
  colours.describe(stream);
  stone.offer(stream.false_colours);
  trends.paint = paint;
  trends.load();
}

function stones({ stones: more }) {
  belt.add(more);
  for (const one of more) valves.open(one.valves);
}

function status({ status: now }) {
  panels.status(now);
  valves.status(now);
  orders.offer(now);
  recipes.status(now);
  boxes.status(now);
  at("empty").hidden = belt.newest >= 0;
  at("shares-empty").hidden = Object.keys(now.shares).length > 0;
  if (paint) panels.shares(at("shares"), now.shares, paint);
  panels.put("stone-rate", fixed(now.stones_per_minute));
  panels.put("ejected", percent(now.ejected_share, 0));
  panels.put("clock", now.at.slice(11, 19));
  panels.put("belt-note", belt.shed ? t("{n} lines not shown: this page was too slow", { n: fixed(belt.shed) }) : "");
}

function you({ name, role, login, may }) {
  panels.put("you", login ? `${name}, ${t(ROLES[role])}` : t(ROLES[role]));
  at("logout").hidden = !login;
  orders.allow(may);
  alarms.allow(may);
  boxes.allow(may);
  recipes.allow(may);
}

const topics = {
  stream: described, stones, status, you,
  alarms: ({ alarms: all }) => alarms.alarms(all),
};
const link = new Link("/socket", (block) => belt.take(block), topics, (up) => up || panels.phase("away"));

function frame(ms) {
  requestAnimationFrame(frame);
  belt.frame(ms / 1000);
  colours.frame();
  valves.draw();
  link.painted();
}

offerLanguages(at("language"));
alarms.start();
at("logout").addEventListener("click", async () => {
  await fetch("/logout", { method: "POST" });
  location.assign("/login");
});
requestAnimationFrame(frame);
