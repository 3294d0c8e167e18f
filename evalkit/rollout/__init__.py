"""Rollout: takes events, clicks and shares of live traffic; gives whether a change may go on."""
