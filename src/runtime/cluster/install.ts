/** Teaches the codec everything that the runtime can send, and the dispatcher everything that it can do. Imported once, first. */
import "../calls/loading.ts";
import "../calls/module-source.ts";
import "../calls/variables.ts";
import "./serve.ts";
import { channelExtension } from "../calls/remote-channel.ts";
import { installClosures } from "../closures/install.ts";
import { setExportsAtHand } from "../closures/own-exports.ts";
import { refExtension } from "../refs/remote-ref.ts";
import { registerExtension } from "../wire/codec.ts";
import { exportsAtHand } from "./exports-at-hand.ts";

registerExtension(refExtension);
registerExtension(channelExtension);
installClosures();
setExportsAtHand(exportsAtHand);
