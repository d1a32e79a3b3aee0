// The list of scenarios: only its filter needs a script.

import { listenToFilter } from "./filter.js";

listenToFilter(document.documentElement.lang);
document.documentElement.dataset.ready = "true";
