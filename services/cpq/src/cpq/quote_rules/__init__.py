"""Rules of quotes (报价规则): which quotes need an approval before they are sent."""
