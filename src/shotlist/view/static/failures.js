// The page of failures: the line to run can be copied.
import { copyLines } from "./copy.js";

copyLines();
