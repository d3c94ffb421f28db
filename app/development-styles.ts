// The stylesheet while one develops, when each change of it is to be seen at once. A build leaves this file empty: Next
// would write an imported stylesheet into a page three times (docs/decisions/036).
if (process.env.NODE_ENV === "development") require("./global-styles");
