"""What tests share: databases from a template, the page client, the guards."""
