// The hub that all tabs of a browser share.

import { Hub } from "./hub.js"

const hub = new Hub()
self.onconnect = (event) => hub.attach(event.ports[0])
